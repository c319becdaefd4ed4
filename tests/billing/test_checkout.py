"""Buying: one customer and one subscription for a workspace, whatever goes wrong."""

from __future__ import annotations

from decimal import Decimal
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connections

from apps.accounts.domain.billing import NotSetUpError
from apps.accounts.models import BillingCustomer, Subscription, Tier
from apps.core.errors import (
    AppError,
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    UpstreamError,
)
from tests.fakes.stripe import Fault

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

    from tests.billing.shop import Shop

TWICE = 2  # the client asks once more by itself


def customers_of(shop: Shop) -> list[dict[str, Any]]:
    return shop.stripe.books.all("customer")


def fail(shop: Shop, call: str, status: int = 503, *, after: bool = False) -> None:
    shop.stripe.faults.extend(Fault(call, status, after=after) for _ in range(TWICE))


def test_a_bought_plan_gives_its_tier_once_stripe_has_told(shop: Shop) -> None:
    bought = shop.buy()
    assert shop.tier == "free"
    shop.tell()
    assert shop.tier == "pro"
    row = shop.row(bought)
    assert (row.status, row.interval, row.amount) == ("trialing", "month", Decimal(49))
    assert shop.tier_changes() == [("free", "pro")]


def test_what_is_sold_leaves_cards_and_tax_to_stripe(shop: Shop) -> None:
    shop.open_page()
    asked = [one for one in shop.stripe.asked if one.path == "/v1/checkout/sessions"]
    sent = next(one.params for one in asked if one.method == "POST")
    assert sent["automatic_tax"] == {"enabled": "true"}
    assert sent["allow_promotion_codes"] == "true"
    assert sent["subscription_data"]["trial_period_days"] == "14"
    assert sent["client_reference_id"] == str(shop.workspace_id)
    assert not [name for name in sent if "card" in name or name == "payment_method"]


def test_asking_twice_gives_the_same_page_and_customer(shop: Shop) -> None:
    assert shop.open_page() == shop.open_page()
    assert len(customers_of(shop)) == 1
    assert len(shop.stripe.books.all("checkout.session")) == 1


def test_asking_for_another_plan_closes_the_first_page(shop: Shop) -> None:
    first = shop.open_page("month")
    second = shop.open_page("year")
    assert shop.stripe.books.get("checkout.session", first)["status"] == "expired"
    assert shop.stripe.books.get("checkout.session", second)["status"] == "open"


def test_a_page_that_was_left_for_a_day_is_replaced(shop: Shop) -> None:
    first = shop.open_page()
    shop.stripe.advance(days=1.1)
    second = shop.open_page()
    assert second != first
    assert shop.stripe.books.get("checkout.session", second)["status"] == "open"


def test_a_second_subscription_is_refused(shop: Shop) -> None:
    shop.subscribe()
    with pytest.raises(ConflictError, match="has a subscription already"):
        shop.open_page("year")


def test_a_second_is_refused_even_before_the_first_is_told_of(shop: Shop) -> None:
    shop.buy()
    with pytest.raises(ConflictError, match="has a subscription already"):
        shop.open_page()
    assert shop.tier == "pro"


def test_one_may_subscribe_again_after_the_end_but_not_try_again(shop: Shop) -> None:
    first = shop.subscribe()
    shop.stripe.do("DELETE", f"subscriptions/{first}")
    shop.tell()
    assert shop.tier == "free"
    second = shop.subscribe()
    assert shop.row(second).status == "active"
    assert shop.row(second).trial_ends_at is None
    assert len(customers_of(shop)) == 1


def test_a_trial_is_given_once_to_an_address(shop: Shop) -> None:
    shop.subscribe()
    other = shop.cast.stranger.workspaces.get().id
    again = shop.buy(workspace_id=other, email=shop.cast.owner.email.upper())
    assert shop.stripe.books.get("subscription", again)["status"] == "active"


@pytest.mark.parametrize("call", ["POST /v1/customers", "POST /v1/checkout/sessions"])
def test_an_answer_that_is_lost_makes_nothing_twice(shop: Shop, call: str) -> None:
    fail(shop, call, 0, after=True)
    with pytest.raises(UpstreamError) as failed:
        shop.open_page()
    assert failed.value.retryable
    page = shop.open_page()
    assert len(customers_of(shop)) == 1
    opened = shop.stripe.books.all("checkout.session")
    assert [one["id"] for one in opened if one["status"] == "open"] == [page]


def test_a_customer_whose_answer_was_lost_is_found_after_the_keys_are_forgotten(
    shop: Shop,
) -> None:
    fail(shop, "POST /v1/customers", 0, after=True)
    with pytest.raises(UpstreamError):
        shop.open_page()
    shop.stripe.forget_keys()
    shop.open_page()
    assert len(customers_of(shop)) == 1


def test_another_plan_after_a_lost_answer_is_not_taken_for_the_first(
    shop: Shop,
) -> None:
    fail(shop, "POST /v1/checkout/sessions", 0, after=True)
    with pytest.raises(UpstreamError):
        shop.open_page("month")
    page = shop.open_page("year")
    sold = shop.stripe.books.get("checkout.session", page)
    assert sold["amount_total"] == 0
    assert sold["metadata"]["assay_price"] == sold["_asked"]["price"]


def test_a_customer_that_was_deleted_at_stripe_is_made_anew(shop: Shop) -> None:
    shop.open_page()
    first = BillingCustomer.objects.get().stripe_id
    shop.stripe.do("DELETE", f"customers/{first}")
    bought = shop.subscribe()
    assert shop.row(bought).workspace_id == shop.workspace_id
    assert BillingCustomer.objects.get().stripe_id != first


def test_a_key_of_another_account_is_said_and_changes_nothing(shop: Shop) -> None:
    shop.open_page()
    known = BillingCustomer.objects.get().stripe_id
    shop.stripe.books.kept["customer"].clear()
    with pytest.raises(ConflictError, match="key changed"):
        shop.open_page()
    assert BillingCustomer.objects.get().stripe_id == known


def test_nobody_pays_another_price_than_the_one_shown(shop: Shop) -> None:
    Tier.objects.filter(slug="pro").update(monthly_price=Decimal(39))
    with pytest.raises(ConflictError, match="not the one shown here"):
        shop.open_page()
    assert customers_of(shop) == []


def test_a_price_that_is_missing_at_stripe_is_named(shop: Shop) -> None:
    Tier.objects.filter(slug="pro").update(monthly_lookup="assay_pro_weekly")
    with pytest.raises(UpstreamError, match="assay_pro_weekly"):
        shop.open_page()


@pytest.mark.parametrize("interval", ["week", "", "x" * 100])
def test_what_is_not_for_sale_is_refused_with_what_is(
    shop: Shop, interval: str
) -> None:
    with pytest.raises(InvalidInputError, match="pro by the month, pro by the year"):
        shop.open_page(interval)


@pytest.mark.parametrize(
    "status", [500, 429, 0], ids=["broken", "overloaded", "unreachable"]
)
def test_stripe_that_is_down_changes_nothing_and_says_what_to_do(
    shop: Shop, status: int
) -> None:
    fail(shop, "GET /v1/prices", status)
    with pytest.raises(UpstreamError, match="again in a minute") as failed:
        shop.open_page()
    assert failed.value.retryable
    assert BillingCustomer.objects.count() == 0


def test_a_wrong_key_is_the_operators_affair(shop: Shop, settings: Settings) -> None:
    settings.STRIPE_SECRET_KEY = "sk_test_of_another"  # noqa: S105
    with pytest.raises(UpstreamError, match="STRIPE_SECRET_KEY") as failed:
        shop.open_page()
    assert not failed.value.retryable
    assert "sk_test_of_another" not in str(failed.value)


def test_a_key_buys_nothing(shop: Shop) -> None:
    with pytest.raises(ForbiddenError, match="A person buys"):
        shop.open_page(email="")
    assert shop.stripe.asked == []


def test_without_a_key_nothing_is_sold(shop: Shop, settings: Settings) -> None:
    settings.STRIPE_SECRET_KEY = ""
    with pytest.raises(NotSetUpError, match="not set up"):
        shop.open_page()
    assert shop.stripe.asked == []


@pytest.mark.django_db(transaction=True)
def test_clicks_at_once_open_one_page_for_one_customer(shop: Shop) -> None:
    pages: list[str] = []
    failures: list[AppError] = []

    def click() -> None:
        try:
            pages.append(shop.open_page())
        except AppError as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=click) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(error.retryable for error in failures), failures
    assert len(set(pages)) == 1
    assert len(customers_of(shop)) == 1
    assert Subscription.objects.count() == 0
