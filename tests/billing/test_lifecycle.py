"""What becomes of a subscription, and what its workspace has meanwhile."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from apps.accounts.domain.audit import SYSTEM
from apps.accounts.domain.tiers import Entitlement
from apps.accounts.models import Invoice, User, Workspace
from apps.accounts.pipelines.billing import (
    cancel_plan,
    change_plan,
    end_all,
    end_doomed,
    open_portal,
    resume_plan,
)
from apps.accounts.pipelines.erasure import delete_due_workspaces
from apps.accounts.pipelines.people_erasure import erase_due_people
from apps.accounts.services.erasure import delete_workspace_if_due
from apps.accounts.tasks import end_doomed_subscriptions
from apps.core.errors import ConflictError, NotFoundError, UpstreamError
from tests.billing.shop import clock
from tests.fakes.stripe import Fault
from tests.fakes.stripe.selling import cancel_in_portal

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.db.models import QuerySet

    from tests.billing.shop import Shop


def change(shop: Shop, interval: str) -> Any:
    return change_plan(
        workspace_id=shop.workspace_id,
        tier="pro",
        interval=interval,
        actor=SYSTEM,
        clock=clock,
    )


def test_a_trial_ends_in_a_paid_month_and_an_invoice(shop: Shop) -> None:
    bought = shop.subscribe()
    shop.stripe.advance(days=14.1)
    shop.tell()
    assert shop.row(bought).status == "active"
    paid = Invoice.objects.get(total=49)
    assert (paid.status, paid.currency) == ("paid", "usd")
    assert paid.amount_paid == Decimal(49)
    assert paid.page_url.startswith(shop.stripe.url)
    assert paid.subscription_id == shop.row(bought).id


def test_a_missing_payment_is_borne_for_seven_days(shop: Shop) -> None:
    bought = shop.subscribe(card="failing")
    shop.stripe.advance(days=14.1)
    shop.tell()
    row = shop.row(bought)
    assert row.status == "past_due"
    failed = Invoice.objects.get(total=49)
    assert row.past_due_since == failed.created_at
    assert shop.entitled(days=14.1).allows(Entitlement.STREAMS)
    assert shop.entitled(days=20.9).tier.slug == "pro"
    assert shop.entitled(days=21.1).tier.slug == "free"


def test_a_second_failure_does_not_begin_the_grace_anew(shop: Shop) -> None:
    bought = shop.subscribe(card="failing")
    shop.stripe.advance(days=14.1)
    shop.tell()
    since = shop.row(bought).past_due_since
    shop.stripe.advance(days=32)
    shop.tell()
    assert shop.row(bought).status == "past_due"
    assert shop.row(bought).past_due_since == since


def test_paying_what_was_missing_restores_the_tier(shop: Shop) -> None:
    bought = shop.subscribe(card="failing")
    shop.stripe.advance(days=14.1)
    shop.tell()
    shop.stripe.books.declining.clear()
    shop.stripe.do("POST", f"invoices/{shop.stripe.books.all('invoice')[0]['id']}/pay")
    shop.tell()
    row = shop.row(bought)
    assert (row.status, row.past_due_since) == ("active", None)
    assert shop.entitled(days=30).tier.slug == "pro"


def test_a_canceled_one_runs_to_its_end_and_falls_to_free(shop: Shop) -> None:
    bought = shop.subscribe()
    cancel_plan(workspace_id=shop.workspace_id, actor=SYSTEM, clock=clock)
    assert shop.row(bought).cancel_at_period_end
    shop.stripe.advance(days=13)
    shop.tell()
    assert shop.tier == "pro"
    shop.stripe.advance(days=2)
    shop.tell()
    assert (shop.row(bought).status, shop.tier) == ("canceled", "free")
    assert shop.tier_changes() == [("free", "pro"), ("pro", "free")]


@pytest.mark.parametrize("way", ["here", "in the portal"])
def test_a_planned_end_can_be_taken_back_however_it_was_planned(
    shop: Shop, way: str
) -> None:
    bought = shop.subscribe()
    if way == "here":
        cancel_plan(workspace_id=shop.workspace_id, actor=SYSTEM, clock=clock)
    else:
        found = shop.stripe.books.get("subscription", bought)
        cancel_in_portal(shop.stripe.books, found)
    shop.tell()
    assert shop.row(bought).cancel_at_period_end
    resume_plan(workspace_id=shop.workspace_id, actor=SYSTEM, clock=clock)
    assert not shop.row(bought).cancel_at_period_end
    shop.stripe.advance(days=15)
    shop.tell()
    assert (shop.row(bought).status, shop.tier) == ("active", "pro")


def test_canceling_and_resuming_twice_changes_nothing_more(shop: Shop) -> None:
    bought = shop.subscribe()
    for act in (resume_plan, cancel_plan, cancel_plan):
        act(workspace_id=shop.workspace_id, actor=SYSTEM, clock=clock)
    asked = [one for one in shop.stripe.asked if one.method == "POST"]
    assert [one.path for one in asked].count(f"/v1/subscriptions/{bought}") == 1


def test_a_year_instead_of_months_is_prorated_by_stripe(shop: Shop) -> None:
    bought = shop.subscribe()
    shop.stripe.advance(days=14.5)
    shop.tell()
    item = shop.stripe.books.get("subscription", bought)["items"]["data"][0]
    start, end = item["current_period_start"], item["current_period_end"]
    row = change(shop, "year")
    assert (row.interval, row.amount) == ("year", 490)
    shop.tell()
    began = shop.stripe.books.get("subscription", bought)["billing_cycle_anchor"]
    unused = round(Decimal(4900) * (end - began) / (end - start)) / Decimal(100)
    assert Invoice.objects.get(status="paid", total__gt=400).total == 490 - unused
    back = change(shop, "month")
    assert (back.interval, back.amount) == ("month", 49)
    assert shop.row(bought).interval == "month"


def test_the_same_plan_again_is_refused(shop: Shop) -> None:
    shop.subscribe()
    with pytest.raises(ConflictError, match="the plan already: Pro by the month"):
        change(shop, "month")


def test_a_change_whose_payment_is_declined_changes_nothing(shop: Shop) -> None:
    bought = shop.subscribe()
    shop.stripe.advance(days=15)
    shop.tell()
    shop.stripe.books.declining.add(shop.stripe.books.all("customer")[0]["id"])
    with pytest.raises(ConflictError, match="portal"):
        change(shop, "year")
    shop.tell()
    assert (shop.row(bought).interval, shop.row(bought).status) == ("month", "active")


def test_a_plan_is_not_changed_while_a_payment_is_missing(shop: Shop) -> None:
    shop.subscribe(card="failing")
    shop.stripe.advance(days=15)
    shop.tell()
    with pytest.raises(ConflictError, match="past due"):
        change(shop, "year")


@pytest.mark.parametrize("act", [cancel_plan, resume_plan])
def test_without_a_subscription_there_is_nothing_to_end(shop: Shop, act: Any) -> None:
    with pytest.raises(NotFoundError):
        act(workspace_id=shop.workspace_id, actor=SYSTEM, clock=clock)
    with pytest.raises(NotFoundError):
        open_portal(workspace_id=shop.workspace_id, return_url="https://assay.example")


def test_a_change_that_stripe_made_counts_though_the_look_afterwards_fails(
    shop: Shop,
) -> None:
    bought = shop.subscribe()
    look = f"GET /v1/subscriptions/{bought}"
    shop.stripe.faults.append(Fault(f"POST /v1/subscriptions/{bought}", after=True))
    shop.stripe.faults.extend([Fault(look), Fault(look)])
    cancel_plan(workspace_id=shop.workspace_id, actor=SYSTEM, clock=clock)
    assert not shop.row(bought).cancel_at_period_end
    shop.tell()
    assert shop.row(bought).cancel_at_period_end


@pytest.mark.parametrize("seed", range(5))
def test_events_in_any_order_and_twice_end_in_the_same(shop: Shop, seed: int) -> None:
    bought = shop.buy()
    shop.stripe.advance(days=15)
    shop.stripe.do("DELETE", f"subscriptions/{bought}")
    events = shop.stripe.undelivered() * 2
    random.Random(seed).shuffle(events)  # noqa: S311
    shop.tell(events)
    assert (shop.row(bought).status, shop.tier) == ("canceled", "free")
    assert Invoice.objects.count() == 2


def test_a_higher_price_under_the_same_key_leaves_those_who_pay_the_old(
    shop: Shop,
) -> None:
    bought = shop.subscribe()
    product = shop.stripe.books.all("product")[0]["id"]
    shop.stripe.do(
        "POST",
        "prices",
        product=product,
        currency="usd",
        unit_amount=5_900,
        recurring={"interval": "month"},
        lookup_key="assay_pro_monthly",
        transfer_lookup_key=True,
    )
    shop.stripe.advance(days=15)
    shop.tell()
    row = shop.row(bought)
    assert (row.status, shop.tier) == ("active", "pro")
    assert row.amount == Decimal(49)


def test_a_price_by_agreement_names_its_tier(shop: Shop) -> None:
    price = shop.stripe.do(
        "POST",
        "prices",
        product=shop.stripe.books.all("product")[0]["id"],
        currency="usd",
        unit_amount=1_200_000,
        recurring={"interval": "year"},
        metadata={"assay_tier": "enterprise"},
    )
    bought = shop.subscribe()
    item = shop.stripe.books.get("subscription", bought)["items"]["data"][0]["id"]
    items = [{"id": item, "price": price["id"]}]
    shop.stripe.do("POST", f"subscriptions/{bought}", items=items)
    shop.tell()
    assert shop.tier == "enterprise"
    assert shop.entitled().limit.calls is None


def test_a_workspace_that_is_due_to_be_deleted_pays_no_longer(shop: Shop) -> None:
    bought = shop.subscribe()
    shop.cast.workspace.deletion_due_at = clock() + timedelta(days=1)
    shop.cast.workspace.save()
    assert end_doomed(clock=clock) == 0
    shop.cast.workspace.deletion_due_at = clock()
    shop.cast.workspace.save()
    due = shop.workspace_id
    assert not delete_workspace_if_due(workspace_id=due, now=clock())
    end_doomed_subscriptions()
    assert delete_workspace_if_due(workspace_id=due, now=clock())
    assert shop.stripe.books.get("subscription", bought)["status"] == "canceled"


def test_one_that_cannot_be_ended_holds_up_no_other(shop: Shop) -> None:
    bought = shop.subscribe()
    call = f"DELETE /v1/subscriptions/{bought}"
    shop.stripe.faults.extend([Fault(call), Fault(call)])
    shop.cast.workspace.deletion_due_at = clock()
    shop.cast.workspace.save()
    assert end_doomed(clock=clock) == 0
    assert shop.tier == "pro"
    assert end_doomed(clock=clock) == 1


def test_ending_all_fails_loudly_where_stripe_is_down(shop: Shop) -> None:
    bought = shop.subscribe()
    call = f"DELETE /v1/subscriptions/{bought}"
    shop.stripe.faults.extend([Fault(call), Fault(call)])
    with pytest.raises(UpstreamError):
        end_all(workspace_id=shop.workspace_id, clock=clock)
    assert shop.tier == "pro"


def test_what_is_kept_at_the_last_moment_pays_on(shop: Shop) -> None:
    bought = shop.subscribe()
    for end in (end_doomed, delete_due_workspaces):
        due = Workspace.objects.filter(pk=shop.workspace_id)
        due.update(deletion_due_at=clock())
        assert end(clock=keeping(due)) == 0
        assert shop.stripe.books.get("subscription", bought)["status"] == "trialing"


def test_who_keeps_their_account_at_the_last_moment_pays_on(shop: Shop) -> None:
    owner = shop.cast.stranger
    bought = shop.buy(workspace_id=owner.personal_workspace.id, email=owner.email)
    shop.tell()
    due = User.objects.filter(pk=owner.pk)
    due.update(deletion_due_at=clock())
    assert erase_due_people(clock=keeping(due)) == 0
    assert shop.stripe.books.get("subscription", bought)["status"] == "trialing"


def test_who_became_an_only_owner_pays_on(shop: Shop) -> None:
    owner = shop.cast.owner
    bought = shop.buy(workspace_id=owner.personal_workspace.id)
    shop.tell()
    User.objects.filter(pk=owner.pk).update(deletion_due_at=clock())
    assert erase_due_people(clock=clock) == 0
    assert "only owner" in User.objects.get(pk=owner.pk).deletion_problem
    assert shop.stripe.books.get("subscription", bought)["status"] == "trialing"


def keeping(due: QuerySet[Any]) -> Callable[[], datetime]:
    """A clock; between its first and second look a deletion is taken back."""
    looks: list[datetime] = []

    def look() -> datetime:
        if looks:
            due.update(deletion_due_at=None)
        looks.append(clock())
        return looks[-1]

    return look


@pytest.mark.parametrize("whose", ["shared", "own"])
def test_what_is_to_be_deleted_buys_nothing(shop: Shop, whose: str) -> None:
    stranger, workspace_id = shop.cast.stranger, shop.workspace_id
    if whose == "own":
        workspace_id = stranger.personal_workspace.id
        User.objects.filter(pk=stranger.pk).update(deletion_due_at=clock())
    else:
        Workspace.objects.filter(pk=workspace_id).update(deletion_due_at=clock())
    with pytest.raises(ConflictError, match="is to be deleted"):
        shop.open_page(workspace_id=workspace_id)
    assert shop.stripe.books.all("checkout.session") == []


def test_ending_all_closes_the_page_on_which_one_could_still_buy(shop: Shop) -> None:
    page = shop.open_page()
    assert end_all(workspace_id=shop.workspace_id, clock=clock) == 0
    assert shop.stripe.books.get("checkout.session", page)["status"] == "expired"
