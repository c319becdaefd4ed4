"""Recording predictions, each bound to the one before it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import structlog
from django.db import transaction

from apps.core.errors import ConflictError, InvalidInputError, NotFoundError
from apps.core.ids import new_id
from apps.predictions.domain.chain import FIELDS, Content, content_hash
from apps.predictions.domain.entries import CLOCK_TOLERANCE, MOST_ENTRIES, is_storable
from apps.predictions.models import Experiment, Prediction, Summary
from apps.predictions.selectors.predictions import PredictionRow, get_predictions
from apps.predictions.services.checking import check_entries
from apps.predictions.services.live import announce_experiment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from apps.predictions.domain.entries import NewPrediction
    from apps.predictions.services.checking import Checked, Price

# Where a prediction's provenance says what it is an answer to.
ASKED = "asked"
logger = structlog.get_logger(__name__)


@transaction.atomic
def record_predictions(
    *, experiment_id: UUID, entries: Sequence[NewPrediction], now: datetime
) -> tuple[PredictionRow, ...]:
    """Append predictions to an experiment's chain, all of them or none.

    The price beside each is the market's newest, whatever the sender was shown. An
    entry whose reference is recorded already is returned as it was recorded. Writers
    of one experiment take turns, and `created_at` never goes back: where `now` lies
    a little behind the newest prediction or price, it is theirs.

    Returns:
        The predictions in the order of the entries.

    Raises:
        ConflictError: a reference is recorded with another content, or the newest
            prediction is of a time that is yet to come.
        EntriesRefusedError: something is wrong with an entry; everything is named.
        InvalidInputError: there is no entry, or there are too many.
        NotFoundError: there is no such experiment.
    """
    if not 1 <= len(entries) <= MOST_ENTRIES:
        raise InvalidInputError(
            f"predictions: send 1 to {MOST_ENTRIES} of them, not {len(entries)}."
        )
    experiment = _hold(experiment_id)
    recorded = _find_recorded(experiment, entries)
    checked = check_entries(entries, recorded=recorded, now=now)
    _refuse_changed(checked, recorded)
    fresh = [(one, one.price) for one in checked if one.price is not None]
    made = _append(experiment, fresh, now) if fresh else []
    if made:
        announce_experiment(experiment.pk)
    rows = get_predictions([one.pk for one in [*made, *recorded.values()]])
    news = iter(made)
    return tuple(
        rows[(recorded.get(one.entry.reference) or next(news)).pk] for one in checked
    )


def _hold(experiment_id: UUID) -> Experiment:
    """Lock the experiment: whoever appends to its chain is alone until the end."""
    found = Experiment.objects.select_for_update(no_key=True).filter(pk=experiment_id)
    experiment = found.first()
    if experiment is None:
        raise NotFoundError(f"There is no experiment {experiment_id}.")
    return experiment


def _find_recorded(
    experiment: Experiment, entries: Iterable[NewPrediction]
) -> Mapping[str, Prediction]:
    """Return what is recorded under the entries' references."""
    names = {one.reference for one in entries if one.reference}
    found = experiment.predictions.filter(reference__in=filter(is_storable, names))
    return {one.reference: one for one in found}


def _refuse_changed(
    checked: Iterable[Checked], recorded: Mapping[str, Prediction]
) -> None:
    changed = [
        f"{one.entry.reference!r} is recorded with another {', '.join(differing)}"
        for one in checked
        if one.entry.reference in recorded
        and (differing := _differing(one, recorded[one.entry.reference]))
    ]
    if changed:
        raise ConflictError(f"A prediction is never changed: {'; '.join(changed)}.")


def _differing(sent: Checked, kept: Prediction) -> list[str]:
    """Name what a repeated entry says otherwise than the recorded prediction."""
    pairs: dict[str, object] = {
        "market": sent.market.id == kept.market_id,
        "outcome": sent.outcome == kept.outcome,
        "probability": sent.probability == kept.probability,
        "confidence": sent.confidence == kept.confidence,
        "reasoning": sent.entry.reasoning == kept.reasoning,
        "cost": sent.cost == kept.cost,
        "market_price_shown": sent.market_price_shown == kept.market_price_shown,
        "provenance": {**sent.entry.provenance, ASKED: None}
        == {**kept.provenance, ASKED: None},
    }
    return [name for name, is_same in pairs.items() if not is_same]


def _append(
    experiment: Experiment, fresh: Sequence[tuple[Checked, Price]], now: datetime
) -> list[Prediction]:
    moment = _moment(experiment, [price for _, price in fresh], now)
    # The database checks every row; `full_clean` would ask it four times for each.
    made = []
    # Sorted, so that ids go up along the chain.
    for (one, price), own_id in zip(
        fresh, sorted(new_id() for _ in fresh), strict=True
    ):
        made.append(_link(experiment, one, price, own_id, moment))
        experiment.head_hash = made[-1].content_hash
        experiment.predictions_made = made[-1].sequence
    Prediction.objects.bulk_create(made)
    Summary.objects.bulk_create(
        _summary(row, one.market.cluster)
        for row, (one, _) in zip(made, fresh, strict=True)
    )
    experiment.save(update_fields=["head_hash", "predictions_made"])
    transaction.on_commit(partial(_log, experiment.pk, len(made)))
    return made


def _log(experiment_id: UUID, predictions: int) -> None:
    logger.info(
        "predictions_recorded",
        experiment_id=str(experiment_id),
        predictions=predictions,
    )


def _moment(experiment: Experiment, prices: Iterable[Price], now: datetime) -> datetime:
    """Return when the predictions are made: never before a price or the last one."""
    last = experiment.predictions.filter(sequence=experiment.predictions_made)
    newest = last.values_list("created_at", flat=True).first() or now
    if newest > now + CLOCK_TOLERANCE:
        raise ConflictError(
            f"The newest prediction of {experiment.name} is of"
            f" {newest:%Y-%m-%d %H:%M:%S} UTC, which is yet to come."
        )
    return max(now, newest, *(price.quoted_at for price in prices))


def _link(
    experiment: Experiment, one: Checked, price: Price, own_id: UUID, moment: datetime
) -> Prediction:
    row = Prediction(
        id=own_id,
        experiment_id=experiment.pk,
        sequence=experiment.predictions_made + 1,
        market_id=one.market.id,
        outcome=one.outcome,
        probability=one.probability,
        confidence=one.confidence,
        market_price=price.mid,
        market_bid=price.bid,
        market_ask=price.ask,
        market_flags=int(price.flags),
        market_quoted_at=price.quoted_at,
        market_price_shown=one.market_price_shown,
        reasoning=one.entry.reasoning,
        cost=one.cost,
        provenance={**one.entry.provenance, ASKED: _asked(one)},
        reference=one.entry.reference,
        created_at=moment,
        previous_hash=experiment.head_hash,
    )
    row.content_hash = content_hash(Content(*(getattr(row, name) for name in FIELDS)))
    return row


def _asked(one: Checked) -> dict[str, str]:
    """Return what the market asked at that time: a venue may word it anew later."""
    return {
        "venue": one.market.venue,
        "external_id": one.market.external_id,
        "question": one.market.question,
        "outcome": one.market.outcomes[one.outcome],
    }


def _summary(row: Prediction, cluster: str) -> Summary:
    share, price = float(row.probability), float(row.market_price)
    return Summary(
        prediction_id=row.pk,
        market_id=row.market_id,
        experiment_id=row.experiment_id,
        cluster=cluster,
        predicted_at=row.created_at,
        outcome=row.outcome,
        predicted_probability=share,
        predicted_confidence=_float(row.confidence),
        initial_market_price=price,
        initial_delta=abs(share - price),
        initial_bid=_float(row.market_bid),
        initial_ask=_float(row.market_ask),
        price_was_shown=row.market_price_shown is not None,
        created_at=row.created_at,
        updated_at=row.created_at,
    )


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
