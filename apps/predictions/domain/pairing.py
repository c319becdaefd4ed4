"""Two experiments on the markets that both predicted: who gained more, and is it so.

Each market's skill is compared within the market, so that a hard one is hard for both;
the markets of an event make one number, and events are what is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from apps.core.domain.moments import group_columns
from apps.core.domain.paired import PairColumns, PairSettings, compare_pairs
from apps.core.domain.power import DESIGN, Design, units_needed

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from apps.core.domain.moments import FloatArray, IntArray

# Blocks of 16 MB of differences.
_NUMBERS_AT_ONCE = 1 << 21
# Skill lies within -1 and 1, its differences within -2 and 2: no 0/1 scale.
_SETTINGS = PairSettings(unit_scale=False)
_MOST = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Board:
    """Mean skill of each experiment (rows) on each market (columns); NaN: none.

    Markets stand in the order of their events; `starts` is the first of each event.
    """

    values: FloatArray
    starts: IntArray


@dataclass(frozen=True, slots=True)
class Difference:
    """The first experiment less the second, on common markets, by event.

    `p` is two-sided and for this pair alone. `events_needed` and `markets_needed` are
    how many would show a difference of this size at 0.05 four times in five, if the
    spread stayed and an event had as many markets. None with a reason where there are
    fewer than two common events, or no spread.
    """

    difference: float | None
    low: float | None
    high: float | None
    p: float | None
    markets: int
    events: int
    least_detectable: float | None
    events_needed: int | None
    markets_needed: int | None
    reason: str


def make_board(
    rows: Sequence[Mapping[Hashable, float]], events: Mapping[Hashable, str]
) -> Board:
    """Will lay out skills by market; `events` names the event of each market."""
    markets = list({market: None for row in rows for market in row})
    if not markets:
        return Board(np.empty((len(rows), 0)), np.empty(0, dtype=np.int64))
    grouping = group_columns([events[market] for market in markets])
    place = {markets[i]: column for column, i in enumerate(grouping.order.tolist())}
    values = np.full((len(rows), len(markets)), np.nan)
    for number, row in enumerate(rows):
        columns = np.fromiter((place[market] for market in row), np.int64, len(row))
        values[number, columns] = np.fromiter(row.values(), np.float64, len(row))
    return Board(values, grouping.starts)


def compare_rows(
    board: Board, left: IntArray, right: IntArray
) -> tuple[PairColumns, IntArray]:
    """Will compare any pairs of rows; also say how many markets each has in common.

    The differences of an event's common markets are averaged and events compared by
    `compare_pairs`: Student's t over events, the sign test where there is no spread.
    `n` and `units` of what is returned count events. Memory does not grow with the
    number of pairs.
    """
    size = max(1, board.values.shape[1])
    at_once = max(1, _NUMBERS_AT_ONCE // size)
    blocks = [
        _compare_block(board, left[i : i + at_once], right[i : i + at_once])
        for i in range(0, max(1, len(left)), at_once)
    ]
    compared = PairColumns(
        **{
            one.name: np.concatenate([getattr(found, one.name) for found, _ in blocks])
            for one in fields(PairColumns)
        }
    )
    return compared, np.concatenate([markets for _, markets in blocks])


def _compare_block(
    board: Board, left: IntArray, right: IntArray
) -> tuple[PairColumns, IntArray]:
    differences = board.values[left] - board.values[right]
    means, markets = _by_event(differences, board.starts)
    rows = np.vstack([means, np.zeros((1, len(board.starts)))])
    first = np.arange(len(left), dtype=np.int64)
    against = np.full(len(left), len(left), dtype=np.int64)
    return compare_pairs(rows, (first, against), None, settings=_SETTINGS), markets


def compare_two(board: Board, *, design: Design = DESIGN) -> Difference:
    """Will compare the first row of a board with the second."""
    first, second = np.array([0]), np.array([1])
    found, common = compare_rows(board, first, second)
    markets, events = int(common[0]), int(found.n[0])
    difference, low = _known(found.difference[0]), _known(found.low[0])
    high, needed = _known(found.high[0]), None
    reason = "" if events > 1 else f"{events} common events; two are the fewest"
    if difference is not None and events > 1:
        means, _ = _by_event(board.values[:1] - board.values[1:2], board.starts)
        spread = float(np.nanstd(means, ddof=1))
        needed = units_needed(difference, spread, design=design)
        reason = "" if low is not None else "all events differ alike: no spread to see"
    return Difference(
        difference=difference,
        low=None if low is None else max(low, -_MOST),
        high=None if high is None else min(high, _MOST),
        p=_known(found.p[0]) if events > 1 else None,
        markets=markets,
        events=events,
        least_detectable=_known(found.least_detectable[0]),
        events_needed=needed,
        markets_needed=None if needed is None else ceil(needed * markets / events),
        reason=reason,
    )


def _by_event(differences: FloatArray, starts: IntArray) -> tuple[FloatArray, IntArray]:
    """Average each row's differences by event; also count its markets."""
    there = ~np.isnan(differences)
    if not len(starts):
        return np.empty((len(differences), 0)), there.sum(axis=1, dtype=np.int64)
    sums = np.add.reduceat(np.where(there, differences, 0.0), starts, axis=1)
    counts = np.add.reduceat(there.astype(np.int64), starts, axis=1)
    means = np.full(sums.shape, np.nan)
    np.divide(sums, counts, out=means, where=counts > 0)
    return means, counts.sum(axis=1)


def _known(number: float) -> float | None:
    return None if np.isnan(number) else float(number)
