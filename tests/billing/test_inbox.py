"""Events that fail, wait, are lost or concern somebody else."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from apps.accounts.models import BillingCustomer, EventState, StripeEvent, Subscription
from apps.accounts.pipelines.stripe_events import process_event
from apps.accounts.services.stripe_events import (
    LEASE,
    LONGEST_WAIT,
    MOST_ATTEMPTS,
    send_due_events,
    take_event,
    wait_after,
)
from tests.billing.shop import clock, receive
from tests.fakes.stripe import Fault

if TYPE_CHECKING:
    from tests.billing.shop import Shop


def keep(shop: Shop, kind: str = "customer.subscription.created") -> StripeEvent:
    """Buy, and keep one event of it unprocessed."""
    shop.buy()
    event = next(one for one in shop.stripe.undelivered() if one["type"] == kind)
    receive(event, shop.stripe.secret)
    return StripeEvent.objects.get()


def fail_twice(shop: Shop, call: str = "GET /v1/subscriptions/") -> None:
    shop.stripe.faults.extend([Fault(call), Fault(call)])


def test_a_failure_is_kept_and_tried_again_later(shop: Shop) -> None:
    row = keep(shop)
    fail_twice(shop)
    assert process_event(event_id=row.id, clock=clock) is EventState.WAITING
    row.refresh_from_db()
    assert (row.attempts, row.taken_until) == (1, None)
    assert row.last_error.startswith("upstream_failed: Stripe did not answer.")
    assert process_event(event_id=row.id, clock=clock) is None  # not due yet
    later = clock() + timedelta(seconds=31)
    assert process_event(event_id=row.id, clock=lambda: later) is EventState.DONE
    assert shop.tier == "pro"


def test_waits_are_doubled_to_a_limit() -> None:
    waits = [wait_after(n).total_seconds() for n in (1, 2, 3, 4)]
    assert waits == [30, 60, 120, 240]
    assert wait_after(MOST_ATTEMPTS) == wait_after(1000) == LONGEST_WAIT
    total = sum((wait_after(n) for n in range(1, MOST_ATTEMPTS)), timedelta())
    assert total == timedelta(days=2, hours=14, minutes=31, seconds=30)


def test_after_many_failures_it_is_given_up_and_can_be_replayed(shop: Shop) -> None:
    row = keep(shop)
    StripeEvent.objects.update(attempts=MOST_ATTEMPTS - 1)
    fail_twice(shop)
    process_event(event_id=row.id, clock=clock)
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("failed", MOST_ATTEMPTS)
    assert send_due_events(now=clock() + timedelta(days=9)) == 0


def test_one_worker_takes_an_event_and_a_dead_one_loses_it(shop: Shop) -> None:
    row, now = keep(shop), clock()
    assert take_event(event_id=row.id, now=now) is not None
    assert take_event(event_id=row.id, now=now) is None
    assert send_due_events(now=now) == 0
    later = now + LEASE + timedelta(seconds=1)
    assert send_due_events(now=later) == 1
    assert take_event(event_id=row.id, now=later) is not None


def test_processing_twice_changes_nothing(shop: Shop) -> None:
    row = keep(shop)
    process_event(event_id=row.id, clock=clock)
    stored = Subscription.objects.values().get()
    assert process_event(event_id=row.id, clock=clock) is None
    assert Subscription.objects.values().get() == stored
    assert shop.tier_changes() == [("free", "pro")]


def test_a_bug_is_kept_with_the_event_and_raised(shop: Shop) -> None:
    row = keep(shop)
    shop.stripe.books.all("subscription")[0]["start_date"] = "yesterday"
    with pytest.raises(TypeError):
        process_event(event_id=row.id, clock=clock)
    row.refresh_from_db()
    assert (row.state, row.last_error, row.attempts) == ("waiting", "TypeError", 1)


@pytest.mark.parametrize(
    "change",
    [
        {"lookup_key": "of_something_else"},
        {"recurring": {"interval": "week", "interval_count": 1}},
        {"recurring": {"interval": "month", "interval_count": 3}},
    ],
)
def test_a_price_of_no_tier_waits_for_the_operator(
    shop: Shop, change: dict[str, Any]
) -> None:
    row = keep(shop)
    price = shop.stripe.books.all("subscription")[0]["items"]["data"][0]["price"]
    price |= change
    process_event(event_id=row.id, clock=clock)
    row.refresh_from_db()
    assert row.state == "waiting"
    assert "names no tier" in row.last_error
    assert shop.tier == "free"


def test_an_event_of_a_foreign_customer_is_not_ours(shop: Shop) -> None:
    row = keep(shop)
    BillingCustomer.objects.update(stripe_id="cus_of_another")
    shop.stripe.books.all("customer")[0]["metadata"] = {"other": "product"}
    assert process_event(event_id=row.id, clock=clock) is EventState.IGNORED
    row.refresh_from_db()
    assert row.last_error == "It is about nothing of ours."
    assert Subscription.objects.count() == 0


@pytest.mark.parametrize("claims", ["not a uuid", "", "0" * 32, "stranger's"])
def test_a_customer_cannot_claim_what_is_not_there_or_has_another(
    shop: Shop, claims: str
) -> None:
    row = keep(shop)
    customer = shop.stripe.books.all("customer")[0]
    if claims == "stranger's":
        other = shop.cast.stranger.workspaces.get()
        BillingCustomer.objects.create(
            workspace=other, stripe_id="cus_b", email="b@x.y"
        )
        claims = str(other.id)
    customer["metadata"] = {"assay_workspace": claims}
    BillingCustomer.objects.filter(workspace=shop.cast.workspace).delete()
    assert process_event(event_id=row.id, clock=clock) is EventState.IGNORED
    assert Subscription.objects.count() == 0


def test_a_customer_that_was_made_and_never_stored_is_taken_up(shop: Shop) -> None:
    row = keep(shop)
    name = BillingCustomer.objects.get().stripe_id
    BillingCustomer.objects.update(stripe_id=None)
    assert process_event(event_id=row.id, clock=clock) is EventState.DONE
    assert BillingCustomer.objects.get().stripe_id == name
    assert shop.tier == "pro"


@pytest.mark.parametrize(
    "kind", ["charge.succeeded", "invoice.upcoming", "checkout.session.expired"]
)
def test_kinds_that_nothing_depends_on_are_laid_aside(shop: Shop, kind: str) -> None:
    event: dict[str, Any] = {
        "id": "evt_1",
        "object": "event",
        "type": kind,
        "created": 1_800_000_000,
        "data": {"object": {"object": "thing", "customer": "cus_1"}},
    }
    receive(event, shop.stripe.secret)
    shop.work()
    assert StripeEvent.objects.get().state == "ignored"
    assert shop.stripe.asked == []


def test_a_late_look_never_overwrites_a_newer_one(shop: Shop) -> None:
    """Two workers: the first asks, the second asks later and stores first."""
    from apps.accounts.gateways.biller import open_biller  # noqa: PLC0415
    from apps.accounts.services import mirror  # noqa: PLC0415

    bought = shop.subscribe()
    slow = mirror.begin_look()
    seen = open_biller().get_subscription(bought)
    shop.stripe.do("DELETE", f"subscriptions/{bought}")
    shop.tell()
    assert not mirror.store_subscription(
        workspace_id=shop.workspace_id, seen=seen, look=slow, now=clock()
    )
    assert (shop.row(bought).status, shop.tier) == ("canceled", "free")


def test_a_deleted_customer_is_let_go(shop: Shop) -> None:
    bought = shop.subscribe()
    shop.stripe.do("DELETE", f"customers/{BillingCustomer.objects.get().stripe_id}")
    shop.tell()
    assert (shop.row(bought).status, shop.tier) == ("canceled", "free")
    assert BillingCustomer.objects.get().stripe_id is None
