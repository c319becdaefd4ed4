"""Experiments and predictions as rows, for tests that need some."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from apps.core.ids import new_id
from apps.predictions.domain.chain import FIELDS, Content, content_hash
from apps.predictions.domain.words import ExperimentKind
from apps.predictions.models import Experiment, Prediction, Summary
from tests.markets.make import NOW

if TYPE_CHECKING:
    from apps.markets.models import Market


def make_experiment(name: str = "gut-feeling", **fields: Any) -> Experiment:
    """Make an experiment; a public one is public since it was made."""
    values = {"kind": ExperimentKind.SUBMITTED.value, "created_at": NOW, **fields}
    if fields.get("is_public") or fields.get("workspace") is None:
        values.setdefault("published_at", values["created_at"])
    return Experiment.objects.create(name=name, **values)


def make_prediction(
    experiment: Experiment, market: Market, probability: str = "0.75", **fields: Any
) -> Prediction:
    """Make a prediction for the first outcome, its link in the chain, its summary."""
    values = {
        "id": new_id(),
        "experiment_id": experiment.pk,
        "sequence": experiment.predictions.count() + 1,
        "market_id": market.pk,
        "outcome": 0,
        "probability": Decimal(probability),
        "market_price": market.mid,
        "market_bid": market.bid,
        "market_ask": market.ask,
        "market_quoted_at": market.quoted_at,
        "created_at": NOW,
        "previous_hash": experiment.head_hash,
        **fields,
    }
    empty = Prediction(**values)
    own_hash = content_hash(Content(*(getattr(empty, name) for name in FIELDS)))
    made = Prediction.objects.create(**{"content_hash": own_hash, **values})
    experiment.head_hash = made.content_hash
    experiment.predictions_made = made.sequence
    experiment.save(update_fields=["head_hash", "predictions_made"])
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
        created_at=made.created_at,
        updated_at=made.created_at,
    )
    return made


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
