"""Putting on sale at the biller what the tiers name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.accounts.domain.billing import NotSetUpError, SeenPrice
from apps.accounts.gateways.biller import NOT_SET_UP, open_biller
from apps.accounts.pipelines.billing import CURRENCY
from apps.accounts.selectors.billing import list_plans

if TYPE_CHECKING:
    from apps.accounts.selectors.billing import Plan


def make_prices() -> tuple[SeenPrice, ...]:
    """Make the prices whose lookup keys the biller does not know; return those.

    A price that is there is left alone, even where it differs: that is for a person
    to decide, and `reconcile` names it.

    Raises:
        NotSetUpError, UpstreamError: the biller is missing or fails.
    """
    biller = open_biller()
    if not biller.is_set_up:
        raise NotSetUpError(NOT_SET_UP)
    plans = list_plans()
    found = biller.find_prices([plan.lookup_key for plan in plans])
    known = {price.lookup_key for price in found}
    return tuple(
        biller.create_price(_describe(plan), product=f"Assay {plan.tier.name}")
        for plan in plans
        if plan.lookup_key not in known
    )


def _describe(plan: Plan) -> SeenPrice:
    return SeenPrice(
        id="",
        lookup_key=plan.lookup_key,
        amount=plan.price,
        currency=CURRENCY,
        interval=plan.interval.value,
        tier=plan.tier.slug,
    )
