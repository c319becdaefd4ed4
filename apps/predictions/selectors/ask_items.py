"""What an asking is to bring, one model's prediction for one market at a time."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from django.db.models import Count, Sum

from apps.predictions.domain.words import ItemStatus
from apps.predictions.models import AskItem, Attempt
from apps.predictions.selectors.ask_runs import get_visible_ask_runs

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from apps.accounts.selectors.workspaces import Viewer

MAX_PAGE = 500


@dataclass(frozen=True, slots=True)
class AskItemRow:
    """One model's prediction for one market, or why there is none.

    `attempts` counts the questions that were put; `cost` is of those whose cost is
    known.
    """

    id: UUID
    market_id: UUID
    question: str
    venue: str
    nature: str
    experiment_id: UUID
    model: str
    status: ItemStatus
    reason: str
    attempts: int
    cost: Decimal | None
    price_shown: Decimal | None
    prompted_at: datetime | None
    prediction_id: UUID | None


ITEM_COLUMNS = tuple(one.name for one in fields(AskItemRow))


@dataclass(frozen=True, slots=True)
class AskItemPage:
    """Some of them, in the order of asking; `next_cursor` continues after them."""

    rows: tuple[AskItemRow, ...]
    next_cursor: UUID | None


def list_ask_items(
    viewer: Viewer,
    run_id: UUID,
    *,
    status: ItemStatus | None = None,
    cursor: UUID | None = None,
    limit: int = 50,
) -> AskItemPage:
    """Return what an asking is to bring; nothing where the viewer may not see it."""
    runs = get_visible_ask_runs(viewer).filter(pk=run_id)
    found = AskItem.objects.filter(run__in=runs)
    if status is not None:
        found = found.filter(status=status.value)
    if cursor is not None:
        found = found.filter(pk__gt=cursor)
    limit = max(1, min(limit, MAX_PAGE))
    parts = found.select_related("market__venue", "experiment__model__provider")
    items = list(parts.order_by("pk")[: limit + 1])
    more = items[limit - 1].pk if len(items) > limit else None
    asked = _read_attempts([one.pk for one in items[:limit]])
    rows = tuple(_to_row(one, *asked.get(one.pk, (0, None))) for one in items[:limit])
    return AskItemPage(rows, more)


def _to_row(one: AskItem, attempts: int, cost: Decimal | None) -> AskItemRow:
    model = one.experiment.model
    return AskItemRow(
        id=one.pk,
        market_id=one.market_id,
        question=one.market.question,
        venue=one.market.venue.name,
        nature=one.market.venue.nature,
        experiment_id=one.experiment_id,
        model="" if model is None else f"{model.provider.name}/{model.name}",
        status=ItemStatus(one.status),
        reason=one.reason,
        attempts=attempts,
        cost=cost,
        price_shown=one.price_shown,
        prompted_at=one.prompted_at,
        prediction_id=one.prediction_id,
    )


def _read_attempts(item_ids: list[UUID]) -> dict[UUID, tuple[int, Decimal | None]]:
    made = Attempt.objects.filter(item_id__in=item_ids).order_by()
    found = made.values_list("item_id").annotate(asked=Count("id"), spent=Sum("cost"))
    return {
        item_id: (asked, spent)
        for item_id, asked, spent in found
        if item_id is not None
    }
