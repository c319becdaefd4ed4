"""The predictions that a job looks at, page by page, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
from django.db import connection

from apps.markets.domain.markets import UNUSABLE
from apps.predictions.domain.hours import NATURES
from apps.predictions.domain.movement import Bools, Codes, Floats, Tracks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Scope:
    """Which predictions: all, one experiment's, or a single one.

    With `settled_since` those whose markets' settlements were recorded since, whether
    or not they have their snapshot of the hour.
    """

    prediction_id: UUID | None = None
    experiment_id: UUID | None = None
    settled_since: datetime | None = None

    @property
    def is_whole(self) -> bool:
        """Whether this is what the job of an hour looks at."""
        return self == EVERYTHING

    @property
    def clauses(self) -> str:
        """Return what narrows the statement of a page down."""
        parts = []
        if self.prediction_id is None and self.experiment_id is None:
            parts.append(_NO_BACKTESTS)
        if self.prediction_id is not None:
            parts.append("s.prediction_id = %(only)s")
        if self.experiment_id is not None:
            parts.append("s.experiment_id = %(experiment)s")
        parts.append(_NOT_YET if self.settled_since is None else _SETTLED)
        return " AND ".join(parts)


EVERYTHING = Scope()
# Before every market and prediction.
START = (UUID(int=0), UUID(int=0))


@dataclass(frozen=True, slots=True)
class TrackPage:
    """Some predictions, by market: one place in each array is one prediction."""

    prediction_ids: Sequence[UUID]
    market_ids: Sequence[UUID]
    outcome: Codes
    confidence: Floats
    is_active: Bools  # not paused: paused ones only wait for their settlement
    is_current: Bools  # active, and the valid price is of after the last pause
    market_closed: Bools
    nature: Codes  # of each one's venue: a place in `NATURES`
    tracks: Tracks

    def __len__(self) -> int:
        return len(self.prediction_ids)


# The price when the prediction was made is a look like any other where no flag spoke
# against it; the row of the prediction is read only for the first look.
_PAGE = """
SELECT s.prediction_id, s.market_id, s.outcome, s.predicted_confidence::float8,
    s.benchmark_status = 'ACTIVE', s.market_closed, s.predicted_probability,
    s.initial_market_price, extract(epoch FROM s.predicted_at)::float8,
    COALESCE(s.valid_price, s.initial_market_price),
    extract(epoch FROM CASE WHEN s.valid_at IS NULL THEN (
        SELECT p.market_quoted_at FROM predictions_prediction AS p
        WHERE p.id = s.prediction_id AND p.market_flags & %(unusable)s = 0
    ) ELSE s.valid_at END)::float8,
    s.reached_at IS NOT NULL,
    s.benchmark_status = 'ACTIVE'
        AND (s.resumed_at IS NULL OR COALESCE(s.valid_at > s.resumed_at, false))
FROM predictions_summary AS s
WHERE s.benchmark_status <> 'COMPLETED' AND s.predicted_at <= %(now)s
    AND (s.market_id, s.prediction_id) > (%(market)s, %(prediction)s)
    AND {scope}
ORDER BY s.market_id, s.prediction_id LIMIT %(size)s
"""
_NATURES = """
SELECT market.id, venue.nature FROM markets_market AS market
JOIN markets_venue AS venue ON venue.id = market.venue_id
WHERE market.id = ANY(%(markets)s)
"""
# Those are looked at with their own clock, one experiment at a time.
_NO_BACKTESTS = """s.experiment_id NOT IN (
        SELECT e.id FROM predictions_experiment AS e WHERE e.is_backtest)"""
_NOT_YET = "(s.last_hour IS NULL OR s.last_hour < %(hour)s)"
_SETTLED = """s.market_id IN (
        SELECT market_id FROM markets_settlement WHERE recorded_at >= %(since)s)"""


def list_tracks(
    scope: Scope,
    *,
    hour: datetime,
    now: datetime,
    size: int,
    after: tuple[UUID, UUID] = START,
) -> TrackPage | None:
    """Return the next predictions that have no snapshot of the hour; None is no more.

    They come by market, so that a market is met once; `after` is the market and the
    prediction that the page before ended with.
    """
    values: dict[str, Any] = {
        "unusable": int(UNUSABLE),
        "hour": hour,
        "now": now,
        "market": after[0],
        "prediction": after[1],
        "size": size,
        "only": scope.prediction_id,
        "experiment": scope.experiment_id,
        "since": scope.settled_since,
    }
    with connection.cursor() as cursor:
        cursor.execute(_PAGE.format(scope=scope.clauses), values)
        rows = cursor.fetchall()
        if not rows:
            return None
        cursor.execute(_NATURES, {"markets": list({row[1] for row in rows})})
        natures = {market: NATURES.index(name) for market, name in cursor.fetchall()}
    return _to_page(rows, natures)


def _to_page(rows: Sequence[tuple[Any, ...]], natures: Mapping[UUID, int]) -> TrackPage:
    columns = list(zip(*rows, strict=True))
    valid_price, valid_at = _floats(columns[9]), _floats(columns[10])
    return TrackPage(
        prediction_ids=columns[0],
        market_ids=columns[1],
        outcome=np.array(columns[2], dtype=np.int8),
        confidence=_floats(columns[3]),
        is_active=np.array(columns[4], dtype=np.bool_),
        is_current=np.array(columns[12], dtype=np.bool_),
        market_closed=np.array(columns[5], dtype=np.bool_),
        nature=np.array([natures[one] for one in columns[1]], dtype=np.int8),
        tracks=Tracks(
            probability=_floats(columns[6]),
            initial_price=_floats(columns[7]),
            predicted_at=_floats(columns[8]),
            valid_price=np.where(np.isnan(valid_at), np.nan, valid_price),
            valid_at=valid_at,
            reached=np.array(columns[11], dtype=np.bool_),
        ),
    )


def _floats(values: Sequence[float | None]) -> Floats:
    """Return the values as an array; nulls become NaN."""
    return np.array(values, dtype=np.float64)
