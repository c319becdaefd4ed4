"""Reports that are computed once for each state of what they are made of."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from django.core.cache import cache
from django.db.models import Count, Max, Sum
from django.db.models.functions import Extract

from apps.core import domain as core_domain
from apps.markets.domain.markets import Nature
from apps.predictions import domain
from apps.predictions.domain.reports import Report, build_report
from apps.predictions.models import Summary
from apps.predictions.selectors.tracked import read_tracked

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

# What a venue takes in fees may change without a look at any prediction.
KEPT_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Revision:
    """The state of an experiment's summaries on the venues of one nature.

    The newest change does not tell all: one that began before may end after it. The sum
    of all moments of change moves with each.
    """

    summaries: int
    changed_at: datetime
    moments: Decimal


def read_revisions(experiment_id: UUID) -> dict[Nature, Revision]:
    """Return the state of an experiment's summaries by the nature of their venues."""
    found = Summary.objects.filter(experiment_id=experiment_id)
    rows = found.values_list("market__venue__nature").annotate(
        summaries=Count("pk"),
        changed_at=Max("updated_at"),
        moments=Sum(Extract("updated_at", "epoch")),
    )
    return {Nature(nature): Revision(*row) for nature, *row in rows.order_by()}


def read_report(
    experiment_id: UUID, nature: Nature, revision: Revision | None
) -> Report:
    """Return the report of summaries in this state, from the cache where it is there.

    Whoever looks: the caller has found the experiment through a door of `visible`.
    Without a revision there is nothing to report on, and nothing to keep.
    """
    if revision is None:
        return build_report(read_tracked(experiment_id, nature))
    # The state was read before the summaries: what is kept for it is never older.
    key = _name(experiment_id, nature, revision)
    kept = cast("Report | None", cache.get(key))
    if kept is None:
        kept = build_report(read_tracked(experiment_id, nature))
        cache.set(key, kept, KEPT_SECONDS)
    return kept


def _name(experiment_id: UUID, nature: Nature, revision: Revision) -> str:
    changed = f"{revision.changed_at:%Y%m%d%H%M%S%f}"
    state = f"{revision.summaries}:{changed}:{revision.moments}"
    return f"report:{experiment_id}:{nature.value}:{state}:{_hash_of_code()}"


@lru_cache(maxsize=1)
def _hash_of_code() -> str:
    """Return what differs where reports are computed otherwise, as after an update."""
    code = hashlib.blake2b(digest_size=8)
    for package in (core_domain, domain):
        for folder in package.__path__:
            for path in sorted(Path(folder).glob("*.py")):
                code.update(path.read_bytes())
    return code.hexdigest()
