"""Predictions with what became of them, as the hourly job would leave their rows."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from apps.markets.models import Market, Settlement
from apps.predictions.domain.words import BenchmarkStatus
from apps.predictions.models import Prediction, Summary
from tests.markets.make import NOW, make_market
from tests.predictions.make import make_prediction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apps.predictions.models import Experiment


def make_markets(
    count: int, *, price: str = "0.60", per_event: int = 1, **fields: Any
) -> list[Market]:
    """Make markets of which each `per_event` share an event."""
    start = Market.objects.count()
    return [
        make_market(
            f"m{start + i}", price, event_id=f"e{start + i // per_event}", **fields
        )
        for i in range(count)
    ]


def look(prediction: Prediction, price: float, *, hours: float = 5.0) -> None:
    """Let one valid look at the price be the newest."""
    q, p0 = float(prediction.probability), float(prediction.market_price)
    gained = abs(q - p0) - abs(q - price)
    Summary.objects.filter(pk=prediction.pk).update(
        valid_price=price,
        latest_market_price=price,
        interim_skill=(p0 - price) ** 2 - (q - price) ** 2,
        cumulative_convergence=gained,
        convergence_percentage=100 * gained / abs(q - p0) if q != p0 else None,
        avg_convergence_rate=gained / hours,
        total_snapshots=1,
        hours_tracked=hours,
        valid_at=NOW + timedelta(hours=hours),
        updated_at=NOW + timedelta(hours=hours),
    )


def settle(
    prediction: Prediction, value: float, *, closing: float | None = None
) -> None:
    """Let the predicted outcome pay `value`; anything but 0 and 1 is void."""
    q, p0 = float(prediction.probability), float(prediction.market_price)
    won = value in {0.0, 1.0}
    payout = value if prediction.outcome == 0 else 1 - value
    Settlement.objects.get_or_create(
        market_id=prediction.market_id,
        defaults={"payout": Decimal(str(payout)), "is_void": not won, "rule": "test"},
    )
    scores = {
        "value": value,
        "brier": (q - value) ** 2,
        "skill": (p0 - value) ** 2 - (q - value) ** 2,
    }
    Summary.objects.filter(pk=prediction.pk).update(
        is_void=not won,
        closing_price=closing,
        settled_at=NOW + timedelta(days=10),
        benchmark_status=BenchmarkStatus.COMPLETED.value,
        updated_at=NOW + timedelta(days=10),
        **(scores if won else {}),
    )


def predict_all(
    experiment: Experiment,
    markets: Sequence[Market],
    shares: Sequence[float],
    values: Sequence[float | None],
    **fields: Any,
) -> list[Prediction]:
    """Predict every market; a value settles it, None leaves it open."""
    made = [
        make_prediction(experiment, market, f"{share:.4f}", **fields)
        for market, share in zip(markets, shares, strict=True)
    ]
    for prediction, value in zip(made, values, strict=True):
        if value is not None:
            settle(prediction, value)
    return made
