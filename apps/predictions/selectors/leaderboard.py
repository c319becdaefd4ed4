"""The leaderboard: rows and pairs of the rollup, ranked for whoever looks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from apps.markets.domain.markets import Nature
from apps.predictions.domain.standings import Place, Row, Win, place
from apps.predictions.domain.words import BenchmarkStatus
from apps.predictions.models import ExperimentScore, ScorePair, Summary
from apps.predictions.selectors.visible import get_visible_experiments

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from apps.accounts.selectors.workspaces import Viewer


# Scores follow each hour's job.
OLD = timedelta(hours=2)


class BoardSort(StrEnum):
    """What the rows of a board are ordered by; ranks are by skill always."""

    SKILL = "skill"
    CONVERGENCE = "convergence"
    CONFIDENCE = "confidence"
    RECENT = "recent"


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One experiment on a board.

    `skill` is the mean over events of what predictions gained over the market in Brier:
    settled where they are, else interim; `is_provisional` says that there are such.
    `shrunken_skill` is it after shrinkage, and orders the board. `rank_low` to
    `rank_high` are the ranks that paired tests leave open, None with fewer than
    `MIN_EVENTS` events. `beats_market` is None while too little is settled; of a public
    experiment only what it predicted since `published_at` is asked, of which
    `public_events` events are settled. `published_afterwards` are its predictions from
    before that; all, while it is private.
    """

    experiment_id: UUID
    experiment: str
    title: str
    nature: Nature
    is_private: bool
    published_at: datetime | None
    published_afterwards: int
    rank_low: int | None
    rank_high: int | None
    shrunken_skill: float | None
    skill: float | None
    skill_low: float | None
    skill_high: float | None
    is_provisional: bool
    n: int
    events: int
    beats_market: bool | None
    beats_market_p: float | None
    settled: int
    settled_events: int
    public_events: int
    settled_skill: float | None
    settled_low: float | None
    settled_high: float | None
    waiting: int
    interim_skill: float | None
    predictions: int
    void: int
    copier_share: float | None
    price_shown: int
    brier: float | None
    market_brier: float | None
    log_score: float | None
    convergence: float | None
    convergence_rate: float | None
    direction_excess: float | None
    direction_p: float | None
    confidence_rho: float | None
    confidence_n: int
    attempts: int
    refusals: int
    cost: Decimal | None
    last_predicted_at: datetime | None
    computed_at: datetime


@dataclass(frozen=True, slots=True)
class Board:
    """A board of one nature, of backtests or of what was predicted in time."""

    nature: Nature
    is_backtest: bool
    sort: BoardSort
    rows: tuple[BoardRow, ...]
    computed_at: datetime | None

    def is_old(self, now: datetime) -> bool:
        """Whether its scores are of before the last hours, where hours count."""
        computed = self.computed_at
        return not self.is_backtest and computed is not None and computed < now - OLD


def get_leaderboard(
    viewer: Viewer,
    *,
    sort: BoardSort = BoardSort.SKILL,
    nature: Nature | None = Nature.LIVE,
    is_backtest: bool = False,
) -> Board:
    """Return the experiments that this viewer may see, ranked among each other.

    Without a nature it is the first of live, recorded and simulated that has any. Two
    small queries, whatever is stored of predictions and snapshots.
    """
    visible = get_visible_experiments(viewer).filter(is_backtest=is_backtest)
    scores = ExperimentScore.objects.filter(experiment__in=visible)
    if nature is not None:
        scores = scores.filter(nature=nature.value)
    found = list(scores.select_related("experiment"))
    if nature is None:
        there = {score.nature for score in found}
        nature = next((one for one in Nature if one.value in there), Nature.LIVE)
        found = [score for score in found if score.nature == nature.value]
    ids = [score.experiment_id for score in found]
    places = place([_to_rank(score) for score in found], _wins(ids, nature))
    rows = [_to_row(score, places[score.experiment_id]) for score in found]
    return Board(
        nature=nature,
        is_backtest=is_backtest,
        sort=sort,
        rows=tuple(_ordered(rows, sort)),
        computed_at=max((row.computed_at for row in rows), default=None),
    )


def has_active(nature: Nature) -> bool:
    """Say whether there is something to look at each hour on venues of a nature."""
    active = Summary.objects.filter(
        benchmark_status=BenchmarkStatus.ACTIVE.value,
        market_closed=False,
        market__venue__nature=nature.value,
        experiment__is_backtest=False,
    )
    return active.exists()


def _wins(ids: Sequence[UUID], nature: Nature) -> list[Win]:
    pairs = ScorePair.objects.filter(
        nature=nature.value, first_id__in=ids, second_id__in=ids
    )
    return [
        Win(first, second, p) if difference > 0 else Win(second, first, p)
        for first, second, difference, p in pairs.values_list(
            "first_id", "second_id", "difference", "p"
        )
    ]


def _to_rank(score: ExperimentScore) -> Row:
    """Return what ranks a score; of a public one only public predictions are tested."""
    is_public = score.experiment.published_at is not None
    return Row(
        key=score.experiment_id,
        skill=score.skill,
        skill_error=score.skill_error,
        skill_events=score.skill_events,
        tested_events=score.public_events if is_public else score.settled_events,
        tested_p=score.public_p if is_public else score.settled_p,
        is_public=is_public,
    )


def _to_row(score: ExperimentScore, where: Place) -> BoardRow:
    experiment, ranks = score.experiment, where.ranks
    shared = {name: getattr(score, name) for name in _SHARED}
    return BoardRow(
        experiment=experiment.name,
        title=experiment.title or experiment.name,
        nature=Nature(score.nature),
        is_private=experiment.published_at is None,
        published_at=experiment.published_at,
        rank_low=None if ranks is None else ranks.low,
        rank_high=None if ranks is None else ranks.high,
        shrunken_skill=where.shrunken_skill,
        is_provisional=score.waiting > 0,
        n=score.skill_n,
        events=score.skill_events,
        beats_market=where.beats_market,
        beats_market_p=where.adjusted_p,
        copier_share=score.copied / score.predictions if score.predictions else None,
        **shared,
    )


_SHARED = (
    "experiment_id",
    "skill",
    "skill_low",
    "skill_high",
    "settled",
    "settled_events",
    "public_events",
    "published_afterwards",
    "settled_skill",
    "settled_low",
    "settled_high",
    "waiting",
    "interim_skill",
    "predictions",
    "void",
    "price_shown",
    "brier",
    "market_brier",
    "log_score",
    "convergence",
    "convergence_rate",
    "direction_excess",
    "direction_p",
    "confidence_rho",
    "confidence_n",
    "attempts",
    "refusals",
    "cost",
    "last_predicted_at",
    "computed_at",
)


def _ordered(rows: Sequence[BoardRow], sort: BoardSort) -> list[BoardRow]:
    """Put the best first; who has no value comes last, by skill."""
    value = _VALUES[sort]

    def key(row: BoardRow) -> tuple[bool, float, bool, float, bool, float, str]:
        return (
            *_descending(value(row)),
            *_descending(_skill(row)),
            *_descending(row.skill),
            row.experiment,
        )

    return sorted(rows, key=key)


def _descending(value: float | None) -> tuple[bool, float]:
    return value is None, -(value or 0.0)


def _skill(row: BoardRow) -> float | None:
    """Return what orders ranked rows; the others come after them, by their skill."""
    if row.rank_low is None:
        return None
    return row.shrunken_skill if row.shrunken_skill is not None else row.skill


def _recent(row: BoardRow) -> float | None:
    return row.last_predicted_at.timestamp() if row.last_predicted_at else None


_VALUES: dict[BoardSort, Callable[[BoardRow], float | None]] = {
    BoardSort.SKILL: _skill,
    BoardSort.CONVERGENCE: lambda row: row.convergence,
    BoardSort.CONFIDENCE: lambda row: row.confidence_rho,
    BoardSort.RECENT: _recent,
}
