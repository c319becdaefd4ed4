"""Ranks as ranges: 1 is best, and a range is as wide as the evidence leaves it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from apps.core.domain.intervals import Interval


@dataclass(frozen=True, slots=True)
class RankRange:
    """The best (`low`) and the worst (`high`) rank that the data allow."""

    low: int
    high: int


def paired_rank_ranges(
    models: Sequence[str], wins: Iterable[tuple[str, str]]
) -> dict[str, RankRange]:
    """Will give low = 1 + models significantly better, high = n - models worse.

    `wins` holds (better, worse) once per pair that a paired test told apart after
    correction for multiplicity. The form is that of Mogstad, Romano, Shaikh and
    Wilhelm 2024 (Inference for Ranks, Review of Economic Studies 91:476-518): where
    the tests together name a wrong winner with probability <= alpha, all true ranks
    lie inside their ranges with probability >= 1 - alpha. Being tied is not assumed
    to be transitive.
    """
    won = list(wins)
    better = Counter(loser for _, loser in won)
    worse = Counter(winner for winner, _ in won)
    n = len(models)
    return {name: RankRange(1 + better[name], n - worse[name]) for name in models}


def interval_rank_ranges(
    intervals: Mapping[str, Interval | None],
) -> dict[str, RankRange]:
    """Will rank by separate intervals: low = 1 + lower bounds above my upper bound.

    `low` is the rank that LMArena shows (Chiang et al. 2024, arXiv 2403.04132,
    "approximate rankings"); `high` is its mirror image, n less the
    models whose upper bound lies below my lower bound. Assumes nothing about pairs,
    so it calls many ties that a paired test resolves. A model without an interval is
    told apart from none.
    """
    known = [interval for interval in intervals.values() if interval is not None]
    n = len(intervals)
    ranges = {}
    for name, mine in intervals.items():
        if mine is None:
            ranges[name] = RankRange(1, n)
            continue
        better = sum(other.low > mine.high for other in known)
        worse = sum(other.high < mine.low for other in known)
        ranges[name] = RankRange(1 + better, n - worse)
    return ranges
