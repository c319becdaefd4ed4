"""The summaries of an experiment as columns, for its scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from apps.markets.selectors.markets import to_fees
from apps.predictions.domain.reports import Tracked
from apps.predictions.domain.words import BenchmarkStatus
from apps.predictions.models import Summary

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from apps.core.domain.moments import FloatArray, IntArray
    from apps.markets.domain.markets import Nature

_FLOATS = {
    "probabilities": "predicted_probability",
    "confidences": "predicted_confidence",
    "prices": "initial_market_price",
    "bids": "initial_bid",
    "asks": "initial_ask",
    "newest_prices": "valid_price",
    "closing_prices": "closing_price",
    "interim_skills": "interim_skill",
    "skills": "skill",
    "convergences": "cumulative_convergence",
    "percentages": "convergence_percentage",
    "rates": "avg_convergence_rate",
}
_OTHERS = (
    "prediction_id",
    "benchmark_status",
    "cluster",
    "outcome",
    "value",
    "is_void",
    "latest_direction",
    "predicted_at",
    "reached_at",
    "settled_at",
    "hours_tracked",
    "total_snapshots",
    "price_was_shown",
    "market__fees",
    "market__settlement__payout",
)


def read_tracked(experiment_id: UUID, nature: Nature) -> Tracked:
    """Return every prediction of an experiment on the venues of one nature.

    Whoever looks: the caller has found the experiment through a door of `visible`.
    """
    found = Summary.objects.filter(
        experiment_id=experiment_id, market__venue__nature=nature.value
    ).order_by("pk")
    names = (*_FLOATS.values(), *_OTHERS)
    rows = list(found.values_list(*names))
    return _to_tracked(
        dict(zip(names, zip(*rows, strict=True), strict=True))
        if rows
        else dict.fromkeys(names, ())
    )


def _to_tracked(columns: dict[str, Sequence[Any]]) -> Tracked:
    floats = {name: _floats(columns[column]) for name, column in _FLOATS.items()}
    outcomes = np.array(columns["outcome"], dtype=np.int64)
    values, void = _floats(columns["value"]), np.array(columns["is_void"], dtype=bool)
    winners = np.where(((values == 0) | (values == 1)) & ~void, values, np.nan)
    # Nobody may keep a good moment by pausing: it counts again when it is looked at.
    paused = np.array(columns["benchmark_status"]) == BenchmarkStatus.PAUSED.value
    floats["interim_skills"][paused] = np.nan
    looked_at = np.array(columns["total_snapshots"], dtype=np.int64) > 0
    began = columns["predicted_at"]
    fees = [to_fees(one) for one in columns["market__fees"]]
    return Tracked(
        prediction_ids=list(columns["prediction_id"]),
        clusters=list(columns["cluster"]),
        values=winners,
        payouts=_payouts(
            winners, void, outcomes, columns["market__settlement__payout"]
        ),
        is_void=void,
        directions=list(columns["latest_direction"]),
        reached=_hours(began, columns["reached_at"]),
        watched=np.where(looked_at, _floats(columns["hours_tracked"]), np.nan),
        held=_hours(began, columns["settled_at"]),
        fee_rates=_floats([float(one.rate) if one else None for one in fees]),
        fee_exponents=_floats([float(one.exponent) if one else 1.0 for one in fees]),
        fee_steps=_floats([float(one.rounds_up_to) if one else 0.0 for one in fees]),
        price_was_shown=np.array(columns["price_was_shown"], dtype=bool),
        predicted_at=_floats([one.timestamp() for one in began]),
        **floats,
    )


def _floats(column: Sequence[float | None]) -> FloatArray:
    return np.array(column, dtype=np.float64)  # None becomes NaN


def _payouts(
    winners: FloatArray,
    void: FloatArray,
    outcomes: IntArray,
    payouts: Sequence[Decimal | None],
) -> FloatArray:
    """Take what a void market paid from its settlement, in the predicted frame."""
    first = _floats([None if one is None else float(one) for one in payouts])
    own = np.where(outcomes == 0, first, 1 - first)
    return np.where(void, own, winners)


def _hours(began: Sequence[datetime], ended: Sequence[datetime | None]) -> FloatArray:
    return _floats(
        [
            None if end is None else (end - begin).total_seconds() / 3600
            for begin, end in zip(began, ended, strict=True)
        ]
    )
