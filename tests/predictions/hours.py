"""Snapshots as rows, for tests that need hours."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from apps.core.partitions import ensure_months, month_of
from apps.predictions.models import Snapshot, Summary

if TYPE_CHECKING:
    from apps.predictions.models import Prediction


def make_snapshot(
    prediction: Prediction, hour: datetime, price: float, **fields: Any
) -> Snapshot:
    """Make the look of an hour; `price` is the first outcome's."""
    ensure_months("predictions_snapshot", [month_of(hour.date())])
    q, p0 = float(prediction.probability), float(prediction.market_price)
    own = 1 - price if prediction.outcome else price
    values = {
        "market_id": prediction.market_id,
        "snapshot_at": hour + timedelta(minutes=5),
        "observed_at": hour + timedelta(minutes=4),
        "market_price_yes": price,
        "market_price_no": 1 - price,
        "spread": 0.01,
        "source": "gamma",
        "predicted_probability": q,
        "abs_delta": abs(q - own),
        "movement_direction": "STABLE",
        "cumulative_convergence": abs(q - p0) - abs(q - own),
        "interim_skill": (p0 - own) ** 2 - (q - own) ** 2,
        "hours_since_prediction": (hour - prediction.created_at).total_seconds() / 3600,
        **fields,
    }
    return Snapshot.objects.create(prediction=prediction, hour=hour, **values)


def make_hours(
    prediction: Prediction, first: datetime, prices: list[float], **fields: Any
) -> list[Snapshot]:
    """Make one look an hour, and let the newest be what the summary knows."""
    made = [
        make_snapshot(prediction, first + timedelta(hours=n), price, **fields)
        for n, price in enumerate(prices)
    ]
    newest = made[-1]
    own = newest.market_price_no if prediction.outcome else newest.market_price_yes
    Summary.objects.filter(pk=prediction.pk).update(
        latest_market_price=own,
        latest_delta=newest.abs_delta,
        latest_direction=newest.movement_direction,
        valid_price=own,
        valid_at=newest.observed_at,
        total_snapshots=len(made),
        hours_tracked=newest.hours_since_prediction,
        cumulative_convergence=newest.cumulative_convergence,
        interim_skill=newest.interim_skill,
        last_hour=newest.hour,
    )
    return made
