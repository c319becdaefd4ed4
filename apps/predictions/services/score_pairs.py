"""The pairs of a board: who is told apart from whom, on the markets of both.

Only pairs that somebody can see together are compared: private experiments of different
workspaces meet on no board, unless a person belongs to both. Staff see all, and are
told of strangers' private experiments what each is and not how they differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from django.db import transaction
from django.db.models import F, Q

from apps.accounts.selectors.workspaces import list_neighbours
from apps.predictions.domain.pairing import compare_rows, make_board
from apps.predictions.domain.standings import MIN_EVENTS
from apps.predictions.models import ExperimentScore, ScorePair
from apps.predictions.selectors.market_skills import read_market_skills

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
    from uuid import UUID

    from apps.markets.domain.markets import Nature


@dataclass(frozen=True, slots=True)
class BlockSize:
    """How much is held at a time: experiments, and predictions unless one has more."""

    experiments: int = 64
    predictions: int = 100_000


SIZE = BlockSize()


@dataclass(frozen=True, slots=True)
class _Ranked:
    """An experiment with a rank; `home` is the workspace that alone sees it."""

    id: UUID
    home: UUID | None
    predictions: int


@dataclass(frozen=True, slots=True)
class _Skills:
    """Skills of a block of experiments by market, and the event of each market."""

    block: Sequence[_Ranked]
    rows: Sequence[Mapping[Hashable, float]]
    events: Mapping[Hashable, str]


@transaction.atomic
def store_pairs(
    *,
    nature: Nature,
    is_backtest: bool,
    touched: Collection[UUID],
    size: BlockSize = SIZE,
) -> None:
    """Test every pair anew that a touched experiment is in; the others stay.

    Experiments are read in blocks, and each block of touched ones meets every other:
    what is held does not grow with the board.
    """
    ScorePair.objects.filter(
        Q(first__in=touched) | Q(second__in=touched), nature=nature.value
    ).delete()
    ranked = _list_ranked(nature, is_backtest=is_backtest)
    chosen = [one for one in ranked if one.id in touched]
    meeting = _Meeting(frozenset(one.id for one in chosen), _neighbours(chosen))
    for left in _blocks(chosen, size):
        mine: _Skills | None = None
        for right in _blocks(ranked, size):
            wanted = meeting.pairs(left, right)
            if not wanted:
                continue
            mine = mine or _read(left, nature)
            _store(mine, _read(right, nature), wanted, nature)


@dataclass(frozen=True, slots=True)
class _Meeting:
    """Which pairs are computed: of touched experiments, each once."""

    touched: frozenset[UUID]
    neighbours: Mapping[UUID, frozenset[UUID]]

    def pairs(
        self, left: Sequence[_Ranked], right: Sequence[_Ranked]
    ) -> list[tuple[int, int]]:
        """Return the places of the pairs that somebody can see together."""
        return [
            (i, j)
            for i, one in enumerate(left)
            for j, other in enumerate(right)
            if self._is_due(one, other) and self._can_meet(one, other)
        ]

    def _is_due(self, one: _Ranked, other: _Ranked) -> bool:
        """Of two touched ones the first by id brings the pair."""
        return one.id < other.id or other.id not in self.touched

    def _can_meet(self, one: _Ranked, other: _Ranked) -> bool:
        if one.home is None or other.home is None:
            return True
        return other.home in self.neighbours[one.home]


def _list_ranked(nature: Nature, *, is_backtest: bool) -> list[_Ranked]:
    """Return the ranked experiments, public ones first and workspaces together."""
    found = ExperimentScore.objects.filter(
        nature=nature.value,
        experiment__is_backtest=is_backtest,
        skill_events__gte=MIN_EVENTS,
    )
    rows = found.values_list(
        "experiment_id",
        "experiment__workspace_id",
        "experiment__published_at",
        "predictions",
    ).order_by(
        F("experiment__published_at").asc(nulls_last=True),
        "experiment__workspace_id",
        "experiment_id",
    )
    return [
        _Ranked(pk, None if published else home, predictions)
        for pk, home, published, predictions in rows
    ]


def _neighbours(chosen: Sequence[_Ranked]) -> Mapping[UUID, frozenset[UUID]]:
    homes = {one.home for one in chosen if one.home is not None}
    return list_neighbours(homes) if homes else {}


def _blocks(ranked: Sequence[_Ranked], size: BlockSize) -> Iterator[list[_Ranked]]:
    block: list[_Ranked] = []
    held = 0
    for one in ranked:
        is_full = held + one.predictions > size.predictions
        if block and (len(block) >= size.experiments or is_full):
            yield block
            block, held = [], 0
        block.append(one)
        held += one.predictions
    if block:
        yield block


def _read(block: Sequence[_Ranked], nature: Nature) -> _Skills:
    rows, events = read_market_skills([one.id for one in block], nature)
    return _Skills(block, rows, events)


def _store(
    mine: _Skills,
    theirs: _Skills,
    wanted: Sequence[tuple[int, int]],
    nature: Nature,
) -> None:
    common = mine.events.keys() & theirs.events.keys()
    rows = [
        {market: skill for market, skill in row.items() if market in common}
        for row in (*mine.rows, *theirs.rows)
    ]
    board = make_board(rows, theirs.events)
    places = np.array(wanted, dtype=np.int64)
    first, second = places[:, 0], places[:, 1] + len(mine.rows)
    ids = [one.id for one in (*mine.block, *theirs.block)]
    # As it is stored: the lower id first.
    turned = np.array([ids[a] > ids[b] for a, b in zip(first, second, strict=True)])
    left, right = np.where(turned, second, first), np.where(turned, first, second)
    found, markets = compare_rows(board, left, right)
    ScorePair.objects.bulk_create(
        ScorePair(
            nature=nature.value,
            first_id=ids[left[i]],
            second_id=ids[right[i]],
            difference=found.difference[i],
            p=found.p[i],
            markets=markets[i],
            events=found.n[i],
        )
        for i in np.flatnonzero(found.n >= MIN_EVENTS).tolist()
    )
