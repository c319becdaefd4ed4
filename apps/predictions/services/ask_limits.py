"""How much askings of models may spend, and how many of them may go on at once."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from apps.core.errors import ConflictError, Fault, InvalidFieldsError
from apps.core.turns import await_turn
from apps.predictions.domain.asking import MOST_ACTIVE
from apps.predictions.domain.entries import MOST_COST
from apps.predictions.models import AskRun
from apps.predictions.selectors.ask_runs import ACTIVE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from apps.catalog.selectors.models import ModelRow

SMALLEST_COST = Decimal("0.000001")


def faults_of_limit(
    max_cost: Decimal | None, models: Sequence[ModelRow]
) -> Iterable[Fault]:
    """Yield what is wrong with a cost limit, or with none, for these models."""
    unpriced = [one.full_name for one in models if _price_is_unknown(one)]
    paid = [one.full_name for one in models if not _is_free(one)]
    if max_cost is None:
        if paid:
            yield Fault("max_cost", f"say how much may be spent on {_some(paid)}")
        return
    if not (max_cost.is_finite() and 0 <= max_cost < MOST_COST):
        yield Fault("max_cost", f"use 0 to {MOST_COST} US dollars")
    elif max_cost != max_cost.quantize(SMALLEST_COST):
        yield Fault("max_cost", "use millionths of a dollar at the finest")
    if unpriced:
        what = f"{_some(unpriced)} has no known price, so no limit could be kept"
        yield Fault("max_cost", what)


def refuse_bad_limit(max_cost: Decimal | None, models: Sequence[ModelRow]) -> None:
    """Pass where a cost limit can be kept to for these models.

    Raises:
        InvalidInputError: it is out of range, or a model's price is unknown.
    """
    faults = list(faults_of_limit(max_cost, models))
    if faults:
        raise InvalidFieldsError(faults)


def refuse_too_many(workspace_id: UUID, *, besides: UUID | None = None) -> None:
    """Refuse an asking beyond the most that may go on; requests at once take turns.

    Raises:
        ConflictError: as many go on as may, `besides` not counted.
    """
    await_turn(f"asking:{workspace_id}")
    others = AskRun.objects.exclude(pk=besides) if besides else AskRun.objects.all()
    active = others.filter(workspace_id=workspace_id, status__in=ACTIVE).count()
    if active >= MOST_ACTIVE:
        raise ConflictError(
            f"{active} askings of this workspace go on already, which is the most: "
            "wait for one, or cancel it."
        )


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (" and others" if names[3:] else "")


def _is_free(model: ModelRow) -> bool:
    return model.input_price == 0 and model.output_price == 0


def _price_is_unknown(model: ModelRow) -> bool:
    return model.input_price is None or model.output_price is None
