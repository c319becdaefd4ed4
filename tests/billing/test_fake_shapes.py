"""The fake's objects have the fields of Stripe's published examples, and no others."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.billing.sdk import client_of, open_checkout, subscribe

if TYPE_CHECKING:
    from tests.fakes.stripe import FakeStripe

EXAMPLES = "shared/data/stripe/fixtures3.json"
# Shown in examples and sent by no present version.
OBSOLETE = {"invoice": {"subscription"}, "line_item": {"subscription"}}


@cache
def published() -> dict[str, Any]:
    for folder in Path(__file__).resolve().parents:
        if (folder / EXAMPLES).exists():
            content: dict[str, Any] = json.loads((folder / EXAMPLES).read_text())
            return content["resources"]  # type: ignore[no-any-return]
    pytest.skip(f"Stripe's published examples are not here: {EXAMPLES}")


@pytest.fixture
def made(stripe: FakeStripe) -> dict[str, dict[str, Any]]:
    """One object of each kind, as it is sent."""
    client = client_of(stripe)
    coupon = client.v1.coupons.create({"percent_off": 50}).id
    promotion: Any = {"type": "coupon", "coupon": coupon}
    code = client.v1.promotion_codes.create({"promotion": promotion}).code
    subscription = subscribe(stripe, client, code=code, allow_promotion_codes=True)
    customer = subscription.customer
    client.v1.billing_portal.sessions.create({"customer": customer})
    client.v1.test_helpers.test_clocks.create({"frozen_time": 1_800_000_000})
    open_checkout(client, customer)
    stripe.do(
        "POST", "webhook_endpoints", url="https://assay.example", enabled_events=["*"]
    )
    found = {kind: dict(stripe.books.all(kind)[0]) for kind in stripe.books.kept}
    found["subscription_item"] = found["subscription"]["items"]["data"][0]
    found["line_item"] = found["invoice"]["lines"]["data"][0]
    found["discount"] = stripe.books.kept["subscription"][subscription.id]["discounts"]
    return found


@pytest.mark.parametrize(
    "kind",
    [
        "billing_portal.session",
        "checkout.session",
        "coupon",
        "customer",
        "event",
        "invoice",
        "line_item",
        "price",
        "product",
        "promotion_code",
        "subscription",
        "subscription_item",
        "test_helpers.test_clock",
        "webhook_endpoint",
    ],
)
def test_an_object_has_the_fields_of_the_published_one(
    made: dict[str, dict[str, Any]], kind: str
) -> None:
    own = {name for name in made[kind] if not name.startswith("_")}
    theirs = set(published()[kind]) - OBSOLETE.get(kind, set())
    # The secret of an endpoint is shown only by the call that makes it.
    assert own - {"secret"} == theirs
