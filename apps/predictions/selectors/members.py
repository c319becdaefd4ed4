"""What the members of an ensemble say of markets, and what they have shown so far."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Avg, F

from apps.markets.domain.markets import MarketStatus
from apps.predictions.domain.ensembles import EventSkill, PastSkill
from apps.predictions.models import Prediction, Summary

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

ONE = Decimal(1)
CHUNK = 2000


@dataclass(frozen=True, slots=True)
class Vote:
    """A member's newest prediction of a market, turned to the first outcome."""

    prediction_id: UUID
    experiment_id: UUID
    cluster: str
    probability: Decimal
    price_shown: Decimal | None
    created_at: datetime


def read_votes(
    experiment_ids: Sequence[UUID], *, since: datetime | None
) -> dict[UUID, list[Vote]]:
    """Return the members' newest predictions of open markets, by market.

    Within a market they stand in the order of the members.
    """
    found = Prediction.objects.filter(
        experiment_id__in=list(experiment_ids), market__status=MarketStatus.OPEN.value
    )
    if since is not None:
        found = found.filter(created_at__gte=since)
    newest = found.order_by("market_id", "experiment_id", "-sequence").distinct(
        "market_id", "experiment_id"
    )
    votes: dict[UUID, list[Vote]] = defaultdict(list)
    slim = newest.select_related("summary").defer("reasoning", "provenance")
    for one in slim.iterator(chunk_size=CHUNK):
        votes[one.market_id].append(_vote(one))
    places = {one: place for place, one in enumerate(experiment_ids)}
    for given in votes.values():
        given.sort(key=lambda vote: places[vote.experiment_id])
    return dict(votes)


def read_past_skills(
    experiment_ids: Sequence[UUID], *, now: datetime
) -> dict[UUID, PastSkill]:
    """Return what each member has shown on events that were settled before a time."""
    rows = (
        Summary.objects.filter(
            experiment_id__in=list(experiment_ids),
            is_void=False,
            skill__isnull=False,
            settled_at__lt=now,
        )
        .values("experiment_id", "cluster")
        .annotate(mean_skill=Avg("skill"), error=Avg(F("skill") + F("brier")))
    )
    events: dict[UUID, dict[str, EventSkill]] = {one: {} for one in experiment_ids}
    for row in rows:
        shown = EventSkill(row["mean_skill"], row["error"])
        events[row["experiment_id"]][row["cluster"]] = shown
    return {one: PastSkill(found) for one, found in events.items()}


def list_references(experiment_id: UUID) -> frozenset[str]:
    """Return the references that an experiment's predictions have."""
    found = Prediction.objects.filter(experiment_id=experiment_id)
    return frozenset(found.exclude(reference="").values_list("reference", flat=True))


def _vote(one: Prediction) -> Vote:
    probability, shown = one.probability, one.market_price_shown
    if one.outcome == 1:
        probability = ONE - probability
        shown = None if shown is None else ONE - shown
    return Vote(
        prediction_id=one.pk,
        experiment_id=one.experiment_id,
        cluster=one.summary.cluster,
        probability=probability,
        price_shown=shown,
        created_at=one.created_at,
    )
