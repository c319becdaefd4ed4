"""The fake behaves as Stripe's documentation says, towards Stripe's own SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from stripe import (
    APIConnectionError,
    APIError,
    AuthenticationError,
    CardError,
    IdempotencyError,
    InvalidRequestError,
    RateLimitError,
)

from tests.billing.sdk import client_of, find_price, open_checkout, subscribe
from tests.fakes.stripe import Fault
from tests.fakes.stripe.shapes import DAY

if TYPE_CHECKING:
    from tests.fakes.stripe import FakeStripe


def test_a_call_carries_the_key_the_version_and_a_key_of_its_own(
    stripe: FakeStripe,
) -> None:
    client_of(stripe).v1.customers.create({"email": "ada@example.org"})
    headers = stripe.asked[-1].headers
    assert headers["authorization"] == f"Bearer {stripe.key}"
    assert headers["stripe-version"] == "2026-10-28.endive"
    assert len(headers["idempotency-key"]) == 36


def test_a_wrong_key_is_refused(stripe: FakeStripe) -> None:
    with pytest.raises(AuthenticationError):
        client_of(stripe, "sk_test_wrong").v1.customers.list()


@pytest.mark.parametrize(
    ("given", "code", "param"),
    [
        ({"colour": "blue"}, "parameter_unknown", "colour"),
        ({"metadata": {"a": "b"}, "mail": "x"}, "parameter_unknown", "mail"),
    ],
)
def test_an_unknown_parameter_is_refused(
    stripe: FakeStripe, given: Any, code: str, param: str
) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        client_of(stripe).v1.customers.create(given)
    assert (refused.value.http_status, refused.value.code) == (400, code)
    assert refused.value.param == param


def test_a_missing_parameter_is_named_with_its_place(stripe: FakeStripe) -> None:
    items: Any = [{"quantity": 1}]
    with pytest.raises(InvalidRequestError) as refused:
        client_of(stripe).v1.checkout.sessions.create(
            {"mode": "subscription", "line_items": items}
        )
    assert refused.value.code == "parameter_missing"
    assert refused.value.param == "line_items[0][price]"


@pytest.mark.parametrize("kind", ["customers", "subscriptions", "invoices", "events"])
def test_what_does_not_exist_is_missing(stripe: FakeStripe, kind: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        getattr(client_of(stripe).v1, kind).retrieve("of_nobody")
    assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")


def test_a_key_gives_the_same_answer_twice_and_refuses_other_parameters(
    stripe: FakeStripe,
) -> None:
    client = client_of(stripe)
    options: Any = {"idempotency_key": "once"}
    first = client.v1.customers.create({"email": "a@example.org"}, options)
    again = client.v1.customers.create({"email": "a@example.org"}, options)
    assert again.id == first.id
    assert len(client.v1.customers.list().data) == 1
    with pytest.raises(IdempotencyError):
        client.v1.customers.create({"email": "b@example.org"}, options)


def test_a_lost_answer_leaves_what_was_done_and_its_key_finds_it(
    stripe: FakeStripe,
) -> None:
    stripe.faults.append(Fault("POST /v1/customers", status=0, after=True))
    client = client_of(stripe)
    options: Any = {"idempotency_key": "once", "max_network_retries": 0}
    with pytest.raises(APIConnectionError):
        client.v1.customers.create({"email": "a@example.org"}, options)
    found = client.v1.customers.create({"email": "a@example.org"}, options)
    assert [one.id for one in client.v1.customers.list().data] == [found.id]


def test_it_limits_its_callers_and_breaks_on_demand(stripe: FakeStripe) -> None:
    client = client_of(stripe)
    stripe.faults.append(Fault("GET /v1/customers", status=500))
    with pytest.raises(APIError):
        client.v1.customers.list(options={"max_network_retries": 0})
    stripe.per_second = 0
    with pytest.raises(RateLimitError):
        client.v1.customers.list()


def test_prices_are_found_by_their_lookup_keys(stripe: FakeStripe) -> None:
    keys = ["assay_pro_monthly", "assay_pro_yearly", "of_nobody"]
    found = client_of(stripe).v1.prices.list({"lookup_keys": keys}).data
    assert {price.lookup_key: price.unit_amount for price in found} == {
        "assay_pro_monthly": 4_900,
        "assay_pro_yearly": 49_000,
    }


def test_a_paid_checkout_begins_a_subscription_whose_period_is_on_the_item(
    stripe: FakeStripe,
) -> None:
    client = client_of(stripe)
    made = subscribe(stripe, client)
    item = made["items"].data[0]
    assert made.status == "active"
    assert 28 * DAY <= item.current_period_end - item.current_period_start <= 31 * DAY
    assert "current_period_end" not in made
    invoice = client.v1.invoices.retrieve(made.latest_invoice)
    assert (invoice.status, invoice.amount_paid) == ("paid", 4_900)
    assert str(invoice.hosted_invoice_url).startswith(stripe.url)


def test_a_declined_card_leaves_the_session_open_and_it_expires(
    stripe: FakeStripe,
) -> None:
    client = client_of(stripe)
    customer = client.v1.customers.create().id
    session = open_checkout(client, customer)
    with pytest.raises(Exception, match="declined"):
        stripe.complete(session, card="declined")
    assert client.v1.checkout.sessions.retrieve(session).status == "open"
    stripe.advance(days=1.1)
    assert client.v1.checkout.sessions.retrieve(session).status == "expired"


def test_a_trial_costs_nothing_and_then_the_price(stripe: FakeStripe) -> None:
    client = client_of(stripe)
    made = subscribe(stripe, client, subscription_data={"trial_period_days": 14})
    assert made.status == "trialing"
    assert made.trial_end - made.trial_start == 14 * DAY
    stripe.advance(days=14.1)
    after = client.v1.subscriptions.retrieve(made.id)
    paid = [one.amount_paid for one in client.v1.invoices.list().data]
    assert (after.status, paid) == ("active", [4_900, 0])


def test_to_a_year_at_half_of_the_month_credits_half_of_the_month(
    stripe: FakeStripe,
) -> None:
    client = client_of(stripe)
    made = subscribe(stripe, client)
    item = made["items"].data[0]
    month = item.current_period_end - item.current_period_start
    stripe.advance(days=month / DAY / 2)
    yearly = find_price(client, "assay_pro_yearly")
    items: Any = [{"id": item.id, "price": yearly}]
    changed = client.v1.subscriptions.update(made.id, {"items": items})
    invoice = client.v1.invoices.retrieve(str(changed.latest_invoice))
    amounts = [line.amount for line in invoice.lines.data]
    assert amounts == [pytest.approx(-2_450, abs=1), 49_000]
    assert invoice.amount_paid == pytest.approx(46_550, abs=1)
    period = changed["items"].data[0]
    assert period.current_period_end - period.current_period_start >= 365 * DAY


def test_a_change_that_cannot_be_paid_changes_nothing(stripe: FakeStripe) -> None:
    client = client_of(stripe)
    made = subscribe(stripe, client, card="failing")
    item = made["items"].data[0].id
    items: Any = [{"id": item, "price": find_price(client, "assay_pro_yearly")}]
    with pytest.raises(CardError):
        client.v1.subscriptions.update(
            made.id, {"items": items, "payment_behavior": "error_if_incomplete"}
        )
    after = client.v1.subscriptions.retrieve(made.id)
    assert after["items"].data[0].price.lookup_key == "assay_pro_monthly"
    assert after.status == "active"


def test_a_card_that_fails_at_a_renewal_makes_it_past_due_until_it_is_paid(
    stripe: FakeStripe,
) -> None:
    client = client_of(stripe)
    made = subscribe(stripe, client, card="failing")
    stripe.advance(days=32)
    after = client.v1.subscriptions.retrieve(made.id)
    assert after.status == "past_due"
    with pytest.raises(CardError):
        client.v1.invoices.pay(str(after.latest_invoice))
    stripe.books.declining.clear()
    assert client.v1.invoices.pay(str(after.latest_invoice)).status == "paid"
    assert client.v1.subscriptions.retrieve(made.id).status == "active"


def test_one_canceled_for_its_end_runs_until_then(stripe: FakeStripe) -> None:
    client = client_of(stripe)
    made = subscribe(stripe, client)
    client.v1.subscriptions.update(made.id, {"cancel_at_period_end": True})
    stripe.advance(days=20)
    assert client.v1.subscriptions.retrieve(made.id).status == "active"
    stripe.advance(days=12)
    after = client.v1.subscriptions.retrieve(made.id)
    assert after.status == "canceled"
    assert after.ended_at == made["items"].data[0].current_period_end
    assert client.v1.subscriptions.list().data == []
    with pytest.raises(InvalidRequestError):
        client.v1.subscriptions.update(made.id, {"cancel_at_period_end": False})


def test_one_canceled_now_ends_now(stripe: FakeStripe) -> None:
    client = client_of(stripe)
    made = subscribe(stripe, client)
    assert client.v1.subscriptions.cancel(made.id).status == "canceled"
    kinds = [event["type"] for event in stripe.undelivered()]
    assert kinds[-1] == "customer.subscription.deleted"


def test_a_code_takes_off_what_its_coupon_says_once(stripe: FakeStripe) -> None:
    client = client_of(stripe)
    coupon = client.v1.coupons.create({"percent_off": 50, "duration": "once"}).id
    promotion: Any = {"type": "coupon", "coupon": coupon}
    client.v1.promotion_codes.create({"code": "HALF", "promotion": promotion})
    subscribe(stripe, client, code="HALF", allow_promotion_codes=True)
    stripe.advance(days=32)
    paid = [one.amount_paid for one in client.v1.invoices.list().data]
    assert paid == [4_900, 2_450]


def test_tax_is_added_by_stripe_where_an_address_may_be_taken(
    stripe: FakeStripe,
) -> None:
    client = client_of(stripe)
    stripe.books.tax_percent = 20
    taxed: Any = {"automatic_tax": {"enabled": True}}
    with pytest.raises(InvalidRequestError) as refused:
        subscribe(stripe, client, **taxed)
    assert refused.value.code == "customer_tax_location_invalid"
    subscribe(stripe, client, **taxed, customer_update={"address": "auto"})
    assert client.v1.invoices.list().data[0].total == 5_880


def test_a_test_clock_moves_its_own_customers_only(stripe: FakeStripe) -> None:
    client = client_of(stripe)
    other = subscribe(stripe, client)
    start = stripe.books.now()
    clock = client.v1.test_helpers.test_clocks.create({"frozen_time": start}).id
    customer = client.v1.customers.create({"test_clock": clock}).id
    held = stripe.complete(open_checkout(client, customer))
    later: Any = {"frozen_time": start + 40 * DAY}
    client.v1.test_helpers.test_clocks.advance(clock, later)
    items = client.v1.subscriptions.retrieve(held["id"])["items"].data
    assert items[0].current_period_start > start
    assert client.v1.subscriptions.retrieve(other.id) == other


def test_listings_go_on_where_the_last_page_ended(stripe: FakeStripe) -> None:
    client = client_of(stripe)
    made = [client.v1.customers.create().id for _ in range(5)]
    listed = client.v1.customers.list({"limit": 2}).auto_paging_iter()
    assert [one.id for one in listed] == made[::-1]
