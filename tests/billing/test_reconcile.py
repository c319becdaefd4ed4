"""Comparing with Stripe, and the operator's commands."""

from __future__ import annotations

import json
from decimal import Decimal
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.models import (
    BillingCustomer,
    Invoice,
    StripeEvent,
    Subscription,
    Tier,
)
from apps.accounts.pipelines.reconciling import reconcile
from apps.accounts.tasks import reconcile_billing, retry_stripe_events
from tests.billing.shop import clock, receive

if TYPE_CHECKING:
    from tests.billing.shop import Shop


def run(*arguments: str) -> tuple[int, str]:
    """Run `manage.py billing`; return its exit status and what it wrote."""
    out = StringIO()
    try:
        call_command("billing", *arguments, stdout=out)
    except SystemExit as left:
        return int(str(left.code)), out.getvalue()
    return 0, out.getvalue()


def found(shop: Shop, **options: Any) -> list[tuple[str, str, bool]]:
    del shop
    report = reconcile(clock=clock, **options)
    return [(one.kind, one.what, one.repaired) for one in report.findings]


def test_where_nothing_differs_nothing_is_found(shop: Shop) -> None:
    shop.subscribe()
    assert found(shop) == []


def test_what_no_event_told_is_repaired(shop: Shop) -> None:
    bought = shop.buy()
    assert found(shop) == [
        ("subscription", "not in the mirror", True),
        ("invoice", "not in the mirror", True),
    ]
    assert (shop.row(bought).status, shop.tier) == ("trialing", "pro")
    assert found(shop) == []


def test_a_dry_run_finds_the_same_and_changes_nothing(shop: Shop) -> None:
    shop.buy()
    assert [one[2] for one in found(shop, is_dry=True)] == [False, False]
    assert Subscription.objects.count() == Invoice.objects.count() == 0
    assert len(found(shop)) == 2


def test_a_damaged_row_is_put_right(shop: Shop) -> None:
    bought = shop.subscribe()
    Subscription.objects.update(status="canceled", amount=Decimal(1))
    assert found(shop) == [
        (
            "subscription",
            "status is canceled, trialing at the biller; "  # noqa: ISC004
            "amount is 1.00, 49 at the biller",
            True,
        )
    ]
    assert (shop.row(bought).status, shop.tier) == ("trialing", "pro")


def test_what_the_biller_no_longer_knows_gives_no_tier(shop: Shop) -> None:
    bought = shop.subscribe()
    shop.stripe.books.kept["subscription"].clear()
    assert found(shop) == [("subscription", "unknown to the biller", True)]
    assert (shop.row(bought).status, shop.tier) == ("canceled", "free")
    assert shop.tier_changes() == [("free", "pro"), ("pro", "free")]


def test_a_customer_that_was_never_stored_is_taken_up_with_all_it_has(
    shop: Shop,
) -> None:
    shop.buy()
    BillingCustomer.objects.all().delete()
    assert found(shop)[0] == ("customer", "made for a workspace, and not stored", True)
    assert shop.tier == "pro"


def test_a_customer_that_is_gone_is_let_go(shop: Shop) -> None:
    shop.subscribe()
    shop.stripe.do("DELETE", f"customers/{BillingCustomer.objects.get().stripe_id}")
    assert ("customer", "gone at the biller", True) in found(shop)
    assert shop.tier == "free"


def test_two_open_subscriptions_are_named_and_neither_is_touched(shop: Shop) -> None:
    bought = shop.subscribe()
    twin = dict(shop.stripe.books.get("subscription", bought), id="sub_twin")
    shop.stripe.books.keep(twin)
    what = "2 subscriptions are open: cancel all but one"
    assert found(shop)[-1] == ("workspace", what, False)
    assert {one["status"] for one in shop.stripe.books.all("subscription")} == {
        "trialing"
    }


def test_a_price_that_differs_or_is_missing_is_named(shop: Shop) -> None:
    Tier.objects.filter(slug="pro").update(
        monthly_price=Decimal(39), yearly_lookup="of_nobody"
    )
    assert found(shop) == [
        (
            "price",
            "49 usd by the month at the biller, 39.00 usd by the month here",
            False,
        ),
        ("price", "missing at the biller", False),
    ]


def test_foreign_customers_of_the_same_account_are_left_alone(shop: Shop) -> None:
    shop.buy()
    shop.stripe.books.all("customer")[0]["metadata"] = {}
    BillingCustomer.objects.all().delete()
    assert found(shop) == []
    assert Subscription.objects.count() == 0


def test_what_is_paid_for_a_workspace_that_is_gone_is_named(shop: Shop) -> None:
    shop.subscribe()
    shop.cast.workspace.delete()
    what = "paid for a workspace that is gone or has another customer: cancel it"
    assert found(shop) == [("subscription", what, False)]


def test_many_pages_are_read_to_their_end(shop: Shop) -> None:
    for number in range(230):
        shop.stripe.do("POST", "customers", email=f"{number}@example.org")
    assert reconcile(clock=clock).customers == 230


def test_the_command_says_what_it_did_and_what_is_left(shop: Shop) -> None:
    shop.buy()
    status, said = run("reconcile")
    assert status == 0
    assert said.splitlines()[-1] == (
        "1 customers, 1 subscriptions and 1 invoices compared: 2 differed, 0 still do"
    )
    Tier.objects.filter(slug="pro").update(monthly_lookup="of_nobody")
    status, said = run("reconcile", "--dry-run", "--json")
    document = json.loads(said)
    assert (status, document["unrepaired"], document["is_dry"]) == (1, 1, True)
    assert document["findings"][0]["id"] == "of_nobody"


def test_an_event_is_replayed_from_the_inbox_or_from_stripe(shop: Shop) -> None:
    shop.buy()
    event = shop.stripe.undelivered()[-1]["id"]
    status, said = run("replay", event, "--json")
    assert status == 0
    assert json.loads(said) == {
        "event": event,
        "kind": "checkout.session.completed",
        "state": "done",
        "attempts": 1,
        "said": "",
    }
    assert shop.tier == "pro"
    Subscription.objects.all().delete()
    assert run("replay", event) == (0, f"{event} (checkout.session.completed): done\n")
    assert shop.tier == "pro"
    assert StripeEvent.objects.count() == 1


def test_an_unknown_event_is_one_line_and_status_two(shop: Shop) -> None:
    with pytest.raises(CommandError, match="no such thing") as failed:
        run("replay", "evt_of_nobody")
    assert failed.value.returncode == 2


@pytest.mark.parametrize(
    "arguments", [("reconcile",), ("prices",), ("replay", "evt_1")]
)
def test_without_a_key_the_commands_say_so(
    db: None, settings: Any, arguments: tuple[str, ...]
) -> None:
    settings.STRIPE_SECRET_KEY = ""
    with pytest.raises(CommandError, match="not set up") as failed:
        run(*arguments)
    assert failed.value.returncode == 2


def test_missing_prices_are_made_once_and_sold(shop: Shop) -> None:
    shop.stripe.books.kept["price"].clear()
    status, said = run("prices", "--json")
    assert (status, json.loads(said)["made"]) == (
        0,
        ["assay_pro_monthly", "assay_pro_yearly", "assay_enterprise_monthly"],
    )
    assert run("prices") == (0, "every price is there already\n")
    assert found(shop) == []
    shop.subscribe()
    assert shop.tier == "pro"


def test_the_daily_job_and_the_sweep_do_nothing_without_a_key(
    shop: Shop, settings: Any
) -> None:
    shop.buy()
    receive(shop.stripe.undelivered()[-1], shop.stripe.secret)
    settings.STRIPE_SECRET_KEY = ""
    asked = list(shop.stripe.asked)
    reconcile_billing()
    retry_stripe_events()
    assert shop.stripe.asked == asked
    assert Subscription.objects.count() == Invoice.objects.count() == 0
    assert StripeEvent.objects.get().state == "waiting"
    settings.STRIPE_SECRET_KEY = shop.stripe.key
    reconcile_billing()
    assert shop.tier == "pro"


def test_the_daily_job_repairs(shop: Shop) -> None:
    shop.buy()
    reconcile_billing()
    assert shop.tier == "pro"
