"""Snapshots and summaries of many predictions, stored in one transaction.

A summary counts an hour once, whoever stores it and however often: its row is locked,
and taken only where its last hour is an earlier one.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import numpy as np
from django.db import connection, transaction

from apps.core.copying import copy_columns, to_uuids
from apps.predictions.domain.hours import (
    NATURES,
    Counts,
    LookError,
    Tally,
    count_natures,
)
from apps.predictions.domain.movement import DIRECTIONS, WINDOWS
from apps.predictions.models import Summary
from apps.predictions.services.jobs import count_in
from apps.predictions.services.snapshot_statements import STORE_ENDINGS, STORE_SNAPSHOTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    from numpy.typing import NDArray

    from apps.markets.domain.markets import Nature
    from apps.predictions.domain.movement import Bools, Codes, Floats, Movements
    from apps.predictions.services.jobs import JobLease

    Ids: TypeAlias = NDArray[np.void]
    Where: TypeAlias = NDArray[np.bool_] | slice

T = TypeVar("T", "Snapshots", "Endings")


@dataclass(frozen=True, slots=True)
class Snapshots:
    """One look at each of some predictions: arrays of one length.

    `price` is the predicted outcome's, `first_price` that of the market's first one.
    `source` holds places in `sources`.
    """

    prediction_ids: Ids
    market_ids: Ids
    first_price: Floats
    price: Floats
    spread: Floats
    observed_at: Floats
    flags: NDArray[np.int32]
    usable: Bools
    source: NDArray[np.int32]
    sources: Sequence[str]
    closed: Bools
    resolved: Bools
    probability: Floats
    confidence: Floats
    nature: Codes
    movements: Movements

    def __len__(self) -> int:
        return len(self.prediction_ids)

    def take(self, where: Where) -> Snapshots:
        """Return some of them."""
        moves, windows = self.movements, self.movements.windows
        taken = replace(
            moves,
            **{
                one.name: getattr(moves, one.name)[where]
                for one in fields(moves)
                if one.name != "windows"
            },
            windows={name: values[where] for name, values in windows.items()},
        )
        return _take(self, where, sources=self.sources, movements=taken)


@dataclass(frozen=True, slots=True)
class Endings:
    """What became of predictions whose markets are settled; NaN where it is void.

    `counts` marks those that no snapshot of the same look counts already.
    """

    prediction_ids: Ids
    is_void: Bools
    value: Floats
    settled_at: Floats
    closing_price: Floats
    brier: Floats
    log_score: Floats
    skill: Floats
    closing_skill: Floats
    counts: Bools
    nature: Codes

    def __len__(self) -> int:
        return len(self.prediction_ids)

    def take(self, where: Where) -> Endings:
        """Return some of them."""
        return _take(self, where)


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one transaction stores, and what else it counts.

    `closed` are predictions whose markets were found closed, without a price to keep.
    """

    snapshots: Snapshots
    endings: Endings
    closed: Ids
    tally: Tally

    def halves(self) -> tuple[Chunk, Chunk] | None:
        """Return the chunk in two parts; None where there is only one row.

        The first one counts what the whole does besides its rows.
        """
        looks, ends = self.snapshots, self.endings
        if len(looks) + len(ends) < 2:  # noqa: PLR2004
            return None
        if len(looks) == 1:
            cut, end_cut = 1, 0
        else:
            cut, end_cut = len(looks) // 2, len(ends) // 2
        first, second = slice(None, cut), slice(cut, None)
        return (
            Chunk(
                looks.take(first),
                ends.take(slice(None, end_cut)),
                self.closed,
                self.tally,
            ),
            Chunk(
                looks.take(second),
                ends.take(slice(end_cut, None)),
                self.closed[:0],
                Tally(),
            ),
        )

    def refuse(self, why: str) -> Chunk:
        """Return the chunk without its one row, which counts as failed."""
        ids = to_uuids(self.snapshots.prediction_ids)
        ids += to_uuids(self.endings.prediction_ids)
        refused = np.concatenate([self.snapshots.nature, self.endings.nature])
        errors = [LookError(str(one), " ".join(why.split())) for one in ids]
        none = slice(0, 0)
        return Chunk(
            self.snapshots.take(none),
            self.endings.take(none),
            self.closed,
            self.tally + Tally(count_natures(failed=refused), errors),
        )


def _take(block: T, where: Where, **others: Any) -> T:
    """Return some places of every array of a block; `others` is not arrays."""
    taken: dict[str, Any] = {
        one.name: getattr(block, one.name)[where]
        for one in fields(block)
        if one.name not in others
    }
    return replace(block, **taken, **others)


@transaction.atomic
def store_chunk(
    *,
    chunk: Chunk,
    hour: datetime,
    now: datetime,
    lease: JobLease | None = None,
    duration: timedelta | None = None,
) -> Tally:
    """Store a chunk and return the tally with what was stored.

    With a lease it is counted in the job, which is held for another `duration`; without
    one it is a look apart from the job. A prediction that has its snapshot of the hour,
    or was paused or erased in between, is left as it is and counts as skipped.

    Raises:
        HourLostError: the lease is lost or the hour over; nothing was stored.
    """
    began = time.perf_counter()
    stored = _store_snapshots(chunk.snapshots, hour, now)
    ended = _store_endings(chunk.endings, now)
    _mark_closed(chunk.closed, now)
    with connection.cursor() as cursor:
        # Here and not at the commit, so that their time is counted with the rest.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    done = Tally(
        _count_stored(chunk.snapshots.nature, stored, ended),
        storing_ms=(time.perf_counter() - began) * 1000,
    )
    tally = chunk.tally + done
    if lease is not None and duration is not None:
        count_in(lease=lease, tally=tally, now=now, duration=duration)
    return tally


def _count_stored(
    looks: Codes, stored: Mapping[int, int], ended: Mapping[int, int]
) -> dict[Nature, Counts]:
    """Count what was stored by nature; looks that were not are skipped."""
    given = count_natures(skipped=looks)
    return {
        nature: Counts(
            successful=stored.get(code, 0) + ended.get(code, 0),
            skipped=given[nature].skipped - stored.get(code, 0),
        )
        for code, nature in enumerate(NATURES)
    }


def _store_snapshots(
    snapshots: Snapshots, hour: datetime, now: datetime
) -> dict[int, int]:
    """Store looks; return how many of each nature that were."""
    if not len(snapshots):
        return {}
    copy_columns("given", _columns_of(snapshots))
    values: dict[str, Any] = {
        "hour": hour,
        "now": now,
        "sources": list(snapshots.sources),
        "directions": list(DIRECTIONS),
    }
    with connection.cursor() as cursor:
        cursor.execute(STORE_SNAPSHOTS, values)
        stored = dict(cursor.fetchall())
        cursor.execute("DROP TABLE given")
    return stored


def _columns_of(snapshots: Snapshots) -> dict[str, NDArray[Any]]:
    moves = snapshots.movements
    return {
        "prediction_id": snapshots.prediction_ids,
        "market_id": snapshots.market_ids,
        "first_price": snapshots.first_price,
        "price": snapshots.price,
        "spread": snapshots.spread,
        "observed": snapshots.observed_at,
        "flags": snapshots.flags,
        "usable": snapshots.usable,
        "source": snapshots.source,
        "closed": snapshots.closed,
        "resolved": snapshots.resolved,
        "probability": snapshots.probability,
        "confidence": snapshots.confidence,
        "nature": snapshots.nature,
        "abs_delta": moves.abs_delta,
        "direction": moves.direction,
        "rate": moves.convergence_rate,
        "cumulative": moves.cumulative_convergence,
        "percentage": moves.convergence_percentage,
        **{f"within_{name}": moves.windows[name] for name in WINDOWS},
        "skill": moves.interim_skill,
        "hours": moves.hours_since_prediction,
        "reached_now": moves.reached_now,
        "moves_valid": moves.moves_valid,
    }


def _store_endings(endings: Endings, now: datetime) -> dict[int, int]:
    """Store endings; return how many of each nature count."""
    if not len(endings):
        return {}
    copy_columns(
        "ended",
        {
            "prediction_id": endings.prediction_ids,
            "is_void": endings.is_void,
            "value": endings.value,
            "settled": endings.settled_at,
            "closing_price": endings.closing_price,
            "brier": endings.brier,
            "log_score": endings.log_score,
            "skill": endings.skill,
            "closing_skill": endings.closing_skill,
            "counts": endings.counts,
            "nature": endings.nature,
        },
    )
    with connection.cursor() as cursor:
        cursor.execute(STORE_ENDINGS, {"now": now})
        counted = dict(cursor.fetchall())
        cursor.execute("DROP TABLE ended")
    return counted


def _mark_closed(prediction_ids: Ids, now: datetime) -> None:
    if not len(prediction_ids):
        return
    rows = Summary.objects.filter(
        pk__in=to_uuids(prediction_ids), market_closed=False
    ).order_by("pk")
    locked = rows.select_for_update().values_list("pk", flat=True)
    Summary.objects.filter(pk__in=list(locked)).update(
        market_closed=True, updated_at=now
    )
