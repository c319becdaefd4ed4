"""What the live monitor shows: the last hour of every prediction together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

from django.db.models import Count
from django.db.models.functions import Abs

from apps.markets.domain.markets import Nature
from apps.predictions.domain.words import JobStatus
from apps.predictions.models import Snapshot, Summary
from apps.predictions.selectors.hourly import get_active
from apps.predictions.selectors.jobs import JobRow, get_last_job
from apps.predictions.selectors.visible import get_visible_predictions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from uuid import UUID

    from apps.accounts.selectors.workspaces import Viewer

MOST_TRENDING = 10
# Trending are the visible ones of so many that moved most.
MOST_CANDIDATES = 10_000


@dataclass(frozen=True, slots=True)
class Trend:
    """A prediction whose market moved much within the hour.

    `convergence_1h` is in points: above zero towards the prediction. Prices are those
    of the predicted outcome.
    """

    prediction_id: UUID
    market_id: UUID
    experiment: str
    question: str
    nature: Nature
    outcome: str
    predicted_probability: float
    market_price: float
    convergence_1h: float
    movement_direction: str


@dataclass(frozen=True, slots=True)
class Monitor:
    """How things stand; what is of the last hour is of `last_job.hour`.

    `natures` says of how many active predictions the markets are live, recorded and
    simulated, `nature_markets` how many markets that are; a job has its own such counts
    beside those of all.
    """

    active_predictions: int
    natures: Mapping[Nature, int]
    markets_tracked: int
    nature_markets: Mapping[Nature, int]
    last_job: JobRow | None
    trending: tuple[Trend, ...]


def get_monitor(viewer: Viewer, *, most: int = MOST_TRENDING) -> Monitor:
    """Return what the monitor shows to this viewer.

    Counts are of all predictions; those that are named are what the viewer may see.
    """
    # A market is of one nature, so that those of each add up to all.
    found = (
        get_active()
        .values_list("market__venue__nature")
        .order_by()
        .annotate(n=Count("pk"), markets=Count("market", distinct=True))
    )
    rows = list(found)
    counts = {nature: n for nature, n, _ in rows}
    markets = {nature: n for nature, _, n in rows}
    last = get_last_job()
    return Monitor(
        active_predictions=sum(counts.values()),
        natures={nature: counts.get(nature.value, 0) for nature in Nature},
        markets_tracked=sum(markets.values()),
        nature_markets={nature: markets.get(nature.value, 0) for nature in Nature},
        last_job=None if last is None else show_jobs(viewer, (last,))[0],
        trending=() if last is None else list_trending(viewer, last.hour, most=most),
    )


def show_jobs(viewer: Viewer, jobs: Iterable[JobRow]) -> tuple[JobRow, ...]:
    """Return jobs as this viewer may see them: all counts, and of the errors their own.

    A reason may repeat whatever an exception said: it is for staff.
    """
    if viewer.is_staff:
        return tuple(jobs)
    jobs = tuple(jobs)
    named = {one.prediction_id for one in chain.from_iterable(j.errors for j in jobs)}
    visible = set(_visible_ids(viewer, named)) if named else set()
    return tuple(
        replace(
            job,
            reason=JobStatus.FAILED.value if job.reason else "",
            errors=tuple(one for one in job.errors if one.prediction_id in visible),
        )
        for job in jobs
    )


def list_trending(viewer: Viewer, hour: datetime, *, most: int) -> tuple[Trend, ...]:
    """Return the predictions whose markets moved most within an hour."""
    moved = Snapshot.objects.filter(hour=hour, convergence_1h__isnull=False)
    ranked = moved.exclude(convergence_1h=0).order_by(
        Abs("convergence_1h").desc(), "prediction_id"
    )
    # Who may see a prediction is looked up for the first ones, and for no more.
    first = ranked.values("prediction_id")[:MOST_CANDIDATES]
    seen = get_visible_predictions(viewer).filter(
        pk__in=first, experiment__is_backtest=False
    )
    return _to_trends(list(ranked.filter(prediction__in=seen)[:most]))


def _visible_ids(viewer: Viewer, named: Iterable[str]) -> list[str]:
    seen = get_visible_predictions(viewer).filter(pk__in=list(named))
    return [str(found) for found in seen.values_list("pk", flat=True)]


def _to_trends(rows: list[Snapshot]) -> tuple[Trend, ...]:
    summaries = Summary.objects.select_related("experiment", "market__venue").in_bulk(
        [row.prediction_id for row in rows]
    )
    trends = []
    for row in rows:
        summary = summaries[row.prediction_id]
        prices = (row.market_price_yes, row.market_price_no)
        trends.append(
            Trend(
                prediction_id=row.prediction_id,
                market_id=row.market_id,
                experiment=str(summary.experiment),
                question=summary.market.question,
                nature=Nature(summary.market.venue.nature),
                outcome=summary.market.outcomes[summary.outcome],
                predicted_probability=row.predicted_probability,
                market_price=prices[summary.outcome],
                convergence_1h=row.convergence_1h or 0.0,
                movement_direction=row.movement_direction,
            )
        )
    return tuple(trends)
