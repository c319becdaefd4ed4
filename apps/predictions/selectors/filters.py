"""Which predictions a list has: what a figure counts, by the same words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from django.db.models import Q

from apps.markets.selectors.searching import search_ids
from apps.predictions.domain.movement import AGREEMENT, EPSILON
from apps.predictions.domain.scores import COPIED
from apps.predictions.models import Snapshot
from apps.predictions.selectors.visible import get_visible_predictions

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from apps.accounts.selectors.workspaces import Viewer
    from apps.markets.domain.markets import Nature
    from apps.predictions.models import Prediction


class Ending(StrEnum):
    """How the market of a prediction ended; `open` are all that have no end yet."""

    SETTLED = "settled"
    VOID = "void"
    OPEN = "open"


# In an address: looks that told no direction.
UNTOLD = "untold"


@dataclass(frozen=True, slots=True)
class Span:
    """Values from `low` up to but without `high`; with it where `closed`."""

    low: float
    high: float
    closed: bool = False


@dataclass(frozen=True, slots=True)
class PredictionFilter:
    """Which predictions are wanted; what is None, empty or false does not matter.

    `direction` is where the market stood at the last look, with `hour` at the look of
    that hour. `moved` are points towards the prediction, of those that differed from
    the market. `both` wants those on markets that this experiment predicted as well.
    """

    nature: Nature | None = None
    venue: str = ""
    ending: Ending | None = None
    direction: str = ""
    hour: datetime | None = None
    probability: Span | None = None
    confidence: Span | None = None
    moved: Span | None = None
    copies: bool = False
    price_shown: bool = False
    both: UUID | None = None
    query: str = ""
    is_backtest: bool | None = None


ALL = PredictionFilter()


def find_wanted(viewer: Viewer, wanted: PredictionFilter) -> QuerySet[Prediction]:
    """Return the predictions that are wanted and that this viewer may see."""
    found = get_visible_predictions(viewer)
    found = found.filter(**_plain(wanted))
    found = _by_look(_by_ending(found, wanted.ending), wanted)
    found = _by_span(found, "summary__predicted_probability", wanted.probability)
    found = _by_span(found, "summary__predicted_confidence", wanted.confidence)
    if wanted.moved is not None:
        found = _by_span(found, "summary__cumulative_convergence", wanted.moved)
        found = found.filter(summary__initial_delta__gte=AGREEMENT - EPSILON)
    if wanted.copies:
        found = found.filter(summary__initial_delta__lte=COPIED + EPSILON)
    if wanted.both is not None:
        theirs = get_visible_predictions(viewer).filter(experiment_id=wanted.both)
        found = found.filter(market__in=theirs.values("market"))
    if wanted.query.strip():
        found = found.filter(market__in=search_ids(wanted.query))
    return found


def _plain(wanted: PredictionFilter) -> dict[str, object]:
    """Return the conditions that ask for one value."""
    conditions = {
        "market__venue__nature": wanted.nature and wanted.nature.value,
        "market__venue__name": wanted.venue or None,
        "summary__price_was_shown": wanted.price_shown or None,
        "experiment__is_backtest": wanted.is_backtest,
    }
    return {name: value for name, value in conditions.items() if value is not None}


def _by_ending(
    found: QuerySet[Prediction], ending: Ending | None
) -> QuerySet[Prediction]:
    won = Q(summary__value__in=(0, 1), summary__is_void=False)
    if ending is Ending.SETTLED:
        return found.filter(won)
    if ending is Ending.VOID:
        return found.filter(summary__is_void=True)
    if ending is Ending.OPEN:
        return found.exclude(won).exclude(summary__is_void=True)
    return found


def _by_look(
    found: QuerySet[Prediction], wanted: PredictionFilter
) -> QuerySet[Prediction]:
    direction = "" if wanted.direction == UNTOLD else wanted.direction
    if wanted.hour is None:
        if not wanted.direction:
            return found
        return found.filter(summary__latest_direction=direction)
    looks = Snapshot.objects.filter(hour=wanted.hour)
    if wanted.direction:
        looks = looks.filter(movement_direction=direction)
    return found.filter(pk__in=looks.values("prediction"))


def _by_span(
    found: QuerySet[Prediction], column: str, span: Span | None
) -> QuerySet[Prediction]:
    if span is None:
        return found
    below = "lte" if span.closed else "lt"
    return found.filter(**{f"{column}__gte": span.low, f"{column}__{below}": span.high})
