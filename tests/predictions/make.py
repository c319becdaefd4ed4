"""Experiments and predictions as rows, for tests that need some."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from apps.predictions.domain.words import ExperimentKind
from apps.predictions.models import Experiment, Prediction, Summary
from tests.markets.make import NOW

if TYPE_CHECKING:
    from apps.markets.models import Market


def make_experiment(name: str = "gut-feeling", **fields: Any) -> Experiment:
    values = {"kind": ExperimentKind.SUBMITTED.value, "created_at": NOW, **fields}
    return Experiment.objects.create(name=name, **values)


def make_prediction(
    experiment: Experiment, market: Market, probability: str = "0.75", **fields: Any
) -> Prediction:
    """Make a prediction for the first outcome with its summary."""
    made = Prediction.objects.create(
        experiment=experiment,
        sequence=experiment.predictions.count() + 1,
        market=market,
        probability=Decimal(probability),
        **{
            "outcome": 0,
            "market_price": market.mid,
            "market_bid": market.bid,
            "market_ask": market.ask,
            "market_quoted_at": market.quoted_at,
            "created_at": NOW,
            "content_hash": "0" * 64,
            **fields,
        },
    )
    price, share = float(made.market_price), float(made.probability)
    Summary.objects.create(
        prediction=made,
        market=market,
        experiment=experiment,
        cluster=f"{market.venue.name}:{market.event_id or market.external_id}",
        predicted_at=made.created_at,
        outcome=made.outcome,
        predicted_probability=share,
        predicted_confidence=_float(made.confidence),
        initial_market_price=price,
        initial_delta=abs(share - price),
        initial_bid=_float(made.market_bid),
        initial_ask=_float(made.market_ask),
        price_was_shown=made.market_price_shown is not None,
    )
    return made


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
