"""The fake as the real SDK reaches it, for tests of the fake itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stripe import StripeClient

if TYPE_CHECKING:
    from tests.fakes.stripe import FakeStripe

BACK = "https://assay.example/back"


def client_of(stripe: FakeStripe, key: str = "") -> StripeClient:
    return StripeClient(key or stripe.key, base_addresses={"api": stripe.url})


def find_price(client: StripeClient, key: str = "assay_pro_monthly") -> str:
    return client.v1.prices.list({"lookup_keys": [key]}).data[0].id


def open_checkout(client: StripeClient, customer: str, **more: Any) -> str:
    given: Any = {
        "mode": "subscription",
        "customer": customer,
        "line_items": [{"price": find_price(client), "quantity": 1}],
        "success_url": BACK,
        **more,
    }
    return client.v1.checkout.sessions.create(given).id


def subscribe(stripe: FakeStripe, client: StripeClient, **more: Any) -> Any:
    """Return a subscription to Pro, paid monthly by a new customer."""
    card = more.pop("card", "good")
    code = more.pop("code", "")
    customer = client.v1.customers.create({"email": "ada@example.org"}).id
    session = open_checkout(client, customer, **more)
    made = stripe.complete(session, card=card, code=code)
    return client.v1.subscriptions.retrieve(made["id"])
