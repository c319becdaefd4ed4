"""Which price of a model holds: a hand-entered one, else the best that is known."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction

from apps.catalog.gateways.price_list import find_known_model
from apps.catalog.models import Model, PriceSource

if TYPE_CHECKING:
    from datetime import datetime

    from apps.catalog.domain.completions import ListedModel
    from apps.catalog.gateways.price_list import KnownModel

# As many decimals as the column holds, and more than any list price has.
_STEP = Decimal("0.000001")
_HIGHEST = Decimal(1_000_000)


def set_price(model: Model, *, listed: ListedModel | None, now: datetime) -> None:
    """Set the prices of an unsaved or changed model, and what they come from.

    In this order: what was entered by hand stays; a local provider costs nothing; the
    `genai-prices` package; the provider's own listing. A price that was listed once
    stays until another is known.
    """
    if model.price_source == PriceSource.HAND:
        return
    if model.provider.is_local:
        _write(model, Decimal(0), Decimal(0), PriceSource.LOCAL)
        return
    known = find_known_model(model.provider.name, model.upstream_name, at=now)
    if known is not None:
        _adopt_window(model, known)
    for price, source in (
        (known, PriceSource.GENAI_PRICES),
        (listed, PriceSource.PROVIDER),
    ):
        if price is None or (price.input_price is None and price.output_price is None):
            continue
        _write(model, _fit(price.input_price), _fit(price.output_price), source)
        return


@transaction.atomic
def refresh_prices(*, now: datetime) -> int:
    """Bring every model's price up to what is known now; return how many changed."""
    changed = 0
    for model in Model.objects.select_related("provider").select_for_update(
        of=("self",)
    ):
        before = (model.input_price, model.output_price, model.price_source)
        set_price(model, listed=None, now=now)
        if before != (model.input_price, model.output_price, model.price_source):
            model.full_clean()
            model.save()
            changed += 1
    return changed


def _adopt_window(model: Model, known: KnownModel) -> None:
    if model.context_window is None:
        model.context_window = known.context_window


def _write(
    model: Model,
    input_price: Decimal | None,
    output_price: Decimal | None,
    source: PriceSource,
) -> None:
    model.input_price = input_price
    model.output_price = output_price
    model.price_source = source
    model.is_free = input_price == 0 and output_price == 0


def _fit(price: Decimal | None) -> Decimal | None:
    if price is None or not 0 <= price < _HIGHEST:
        return None
    return price.quantize(_STEP)
