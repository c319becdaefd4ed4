"""Walking the chains of experiments, row by row, whatever their length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import F

from apps.core.errors import NotFoundError
from apps.predictions.domain.chain import (
    FIELDS,
    Break,
    BreakKind,
    Content,
    Head,
    Link,
    find_break,
)
from apps.predictions.models import Experiment, Prediction

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

CHUNK = 1000


@dataclass(frozen=True, slots=True)
class ChainAudit:
    """An experiment's chain as it was found; `broken` is its first break."""

    experiment_id: UUID
    experiment: str
    predictions: int
    head_hash: str
    broken: Break | None


def audit_chains(experiment_id: UUID | None = None) -> Iterator[ChainAudit]:
    """Walk the chain of one experiment, or of all of them, the oldest first.

    Predictions that are made meanwhile are left out.

    Raises:
        NotFoundError: there is no such experiment.
    """
    found = Experiment.objects.filter(is_unfinished=False)
    found = found.order_by("created_at", "id")
    if experiment_id is not None:
        found = found.filter(pk=experiment_id)
        if not found.exists():
            raise NotFoundError(f"There is no experiment {experiment_id}.")
    for own_id in found.values_list("pk", flat=True).iterator(chunk_size=CHUNK):
        # The head first: what is appended from now on lies beyond it.
        experiment = Experiment.objects.filter(pk=own_id).first()
        if experiment is not None:  # nobody has erased it meanwhile
            yield _audit(experiment)


def find_lost_head(experiment_id: UUID, noted: Head) -> Break | None:
    """Return a break where a chain does not hold what was noted of it earlier."""
    place = noted.predictions
    row = Prediction.objects.filter(experiment_id=experiment_id, sequence=place).first()
    if place == 0 or (row is not None and row.content_hash == noted.content_hash):
        return None
    if row is None:
        what = f"{place} predictions were noted earlier; the last of them is gone"
        return Break(BreakKind.MISSING, place, None, what)
    what = f"{noted.content_hash} was noted of it earlier, it has {row.content_hash}"
    return Break(BreakKind.REPLACED, place, row.id, what)


def _audit(experiment: Experiment) -> ChainAudit:
    head = Head(experiment.predictions_made, experiment.head_hash)
    broken = find_break(_links(experiment.pk, head.predictions), head)
    return ChainAudit(
        experiment_id=experiment.pk,
        experiment=experiment.name,
        predictions=head.predictions,
        head_hash=head.content_hash,
        broken=broken or _find_beyond(experiment.pk),
    )


def _links(experiment_id: UUID, last: int) -> Iterator[Link]:
    rows = Prediction.objects.filter(experiment_id=experiment_id, sequence__lte=last)
    names = (*FIELDS, "content_hash")
    ordered = rows.order_by("sequence", "id").values_list(*names)
    for *values, own_hash in ordered.iterator(chunk_size=CHUNK):
        yield Link(Content(*values), own_hash)


def _find_beyond(experiment_id: UUID) -> Break | None:
    """Find what stands beyond the head; row and head are read in one statement."""
    row = (
        Prediction.objects.filter(
            experiment_id=experiment_id,
            sequence__gt=F("experiment__predictions_made"),
        )
        .order_by("sequence")
        .first()
    )
    if row is None:
        return None
    what = "the experiment's chain ends before it"
    return Break(BreakKind.HEAD_MISMATCH, row.sequence, row.id, what)
