"""What a fresh installation sells."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.fakes.stripe.server import FakeStripe
    from tests.fakes.stripe.shapes import Object

PRICES = (
    ("assay_pro_monthly", 4_900, "month"),
    ("assay_pro_yearly", 49_000, "year"),
    ("assay_enterprise_monthly", 49_900, "month"),
)


def sell(stripe: FakeStripe) -> dict[str, Object]:
    """Make the products' prices, and return them by their lookup keys."""
    product = stripe.do("POST", "products", name="Assay")
    return {
        key: stripe.do(
            "POST",
            "prices",
            product=product["id"],
            currency="usd",
            unit_amount=amount,
            recurring={"interval": interval},
            lookup_key=key,
        )
        for key, amount, interval in PRICES
    }
