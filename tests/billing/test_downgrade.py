"""A workspace that pays less, or nothing any more, keeps every row that it has."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from django.apps import apps
from django.test import Client

from apps.accounts.domain.audit import SYSTEM
from apps.accounts.domain.tiers import Entitlement
from apps.accounts.models import StripeEvent
from apps.accounts.pipelines.billing import cancel_plan
from tests.accounts.belongings import MAKERS
from tests.billing.shop import clock
from tests.fakes.stripe.webhooks import sign, write
from tests.web import cast

if TYPE_CHECKING:
    from tests.billing.shop import Shop

# What the shop makes by itself, and an agreement would stand in place of the plan.
BY_ITSELF = {
    "accounts.BillingCustomer",
    "accounts.Invoice",
    "accounts.Subscription",
    "accounts.TierOverride",
}
# What tells of the downgrade: it grows, and loses nothing.
TELL = {
    "accounts.AuditEvent",
    "accounts.BillingCustomer",
    "accounts.Invoice",
    "accounts.OutgoingMail",
    "accounts.StripeEvent",
    "accounts.Subscription",
}
COUNTED = {
    "accounts.ApiKey": 1,
    "accounts.Membership": 9,
    "accounts.WebhookSecret": 1,
    "accounts.Delivery": 1,
    "catalog.ProviderCredential": 1,
    "benchmarks.Suite": 2,
    "benchmarks.Run": 2,
    "benchmarks.Result": 6,
}


def all_rows() -> dict[str, dict[Any, dict[str, Any]]]:
    """Every row of every table, by its model and its key."""
    return {
        model._meta.label: {
            tuple(row[field.attname] for field in model._meta.pk_fields): row
            for row in model._default_manager.values()
        }
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed
    }


def hear(shop: Shop) -> None:
    """Take in what happened by the webhook's own address, and act upon it."""
    for event in shop.stripe.undelivered():
        body = write(event)
        signature = sign(body, shop.stripe.secret, int(time.time()))
        answer = Client(enforce_csrf_checks=True).post(
            "/webhooks/stripe/",
            body,
            content_type="application/json",
            headers={"Stripe-Signature": signature},
        )
        assert answer.status_code == 200
    shop.stripe.told = len(shop.stripe.books.events)
    shop.work()


def subscribe_to_all(shop: Shop) -> str:
    """Buy, and be moved to a price by agreement that gives the highest tier."""
    price = shop.stripe.do(
        "POST",
        "prices",
        product=shop.stripe.books.all("product")[0]["id"],
        currency="usd",
        unit_amount=50_000,
        recurring={"interval": "month"},
        metadata={"assay_tier": "enterprise"},
    )
    bought = shop.buy()
    move(shop, bought, price["id"])
    hear(shop)
    return bought


def move(shop: Shop, bought: str, price: str) -> None:
    item = shop.stripe.books.get("subscription", bought)["items"]["data"][0]["id"]
    items = [{"id": item, "price": price}]
    shop.stripe.do("POST", f"subscriptions/{bought}", items=items)


def fill(shop: Shop) -> None:
    """Give the workspace one of everything, and a graded run of a private suite."""
    for label, make in MAKERS.items():
        if label not in BY_ITSELF:
            make(shop.cast.owner, shop.cast.workspace)
    version = cast.make_suite(
        slug="private", is_public=False, workspace_id=shop.workspace_id
    )
    run_id = cast.make_run(version, cast.make_model("private"))
    cast.grade(run_id, cast.always)


def lower(shop: Shop, bought: str, how: str) -> str:
    """Have the workspace pay less; return the tier that is left."""
    if how == "canceled":
        cancel_plan(workspace_id=shop.workspace_id, actor=SYSTEM, clock=clock)
        shop.stripe.advance(days=45)
    elif how == "ended at once":
        shop.stripe.do("DELETE", f"subscriptions/{bought}")
    elif how == "customer deleted":
        customer = shop.stripe.books.all("customer")[0]["id"]
        shop.stripe.do("DELETE", f"customers/{customer}")
    else:
        price = shop.stripe.books.all("price")
        pro = next(one for one in price if one["lookup_key"] == "assay_pro_monthly")
        move(shop, bought, pro["id"])
    return "pro" if how == "a lower plan" else "free"


@pytest.mark.parametrize(
    "how", ["canceled", "ended at once", "customer deleted", "a lower plan"]
)
def test_a_downgrade_deletes_nothing(shop: Shop, how: str) -> None:
    bought = subscribe_to_all(shop)
    fill(shop)
    assert shop.entitled().allows(Entitlement.PRIVATE_SUITES)
    before = all_rows()
    left = lower(shop, bought, how)
    hear(shop)
    after = all_rows()
    assert (shop.tier, shop.entitled().allows(Entitlement.PRIVATE_SUITES)) == (
        left,
        False,
    )
    assert {name: len(after[name]) for name in COUNTED} == COUNTED
    for name, rows in before.items():
        assert rows.keys() <= after[name].keys(), name
        if name not in TELL:
            assert after[name] == rows, name
    assert not StripeEvent.objects.filter(state="waiting").exists()


def test_what_was_hidden_is_there_again_with_the_plan(shop: Shop) -> None:
    bought = subscribe_to_all(shop)
    fill(shop)
    client = Client()
    client.force_login(shop.cast.viewer)
    seen = [client.get("/suites/private/").status_code]
    shop.stripe.do("DELETE", f"subscriptions/{bought}")
    hear(shop)
    seen.append(client.get("/suites/private/").status_code)
    subscribe_to_all(shop)
    seen.append(client.get("/suites/private/").status_code)
    assert seen == [200, 404, 200]
