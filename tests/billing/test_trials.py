"""A trial is promised once to a person, however many workspaces they buy for."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from allauth.account.models import EmailAddress
from django.db import connection

from apps.accounts.models import BillingCustomer, Workspace
from apps.accounts.selectors.billing import may_try
from tests.billing.shop import clock

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.billing.shop import Shop


def trials(shop: Shop) -> list[str | None]:
    """How many days each page promises that can be paid on, the oldest page first."""
    pages = [one for one in shop.stripe.asked if one.path == "/v1/checkout/sessions"]
    return [
        one.params["subscription_data"].get("trial_period_days")
        for one in pages
        if one.method == "POST"
    ]


@pytest.mark.parametrize("writes", [str.lower, str.upper, str.title])
def test_pages_of_several_workspaces_promise_one_trial(
    shop: Shop, writes: Callable[[str], str]
) -> None:
    own = shop.cast.owner.personal_workspace.id
    shop.open_page()
    shop.open_page(workspace_id=own, email=writes(shop.cast.owner.email))
    assert trials(shop) == ["14", None]
    assert not may_try(own, shop.cast.owner.email, clock())
    assert may_try(shop.workspace_id, shop.cast.owner.email, clock())
    assert may_try(own, shop.cast.stranger.email, clock())


def test_another_address_of_the_same_person_is_promised_no_other(shop: Shop) -> None:
    owner = shop.cast.owner
    EmailAddress.objects.create(user=owner, email="second@example.org", verified=True)
    shop.open_page()
    shop.open_page(workspace_id=owner.personal_workspace.id, email="second@example.org")
    assert trials(shop) == ["14", None]


def test_a_page_that_was_left_for_a_day_promises_nothing_any_more(shop: Shop) -> None:
    shop.open_page()
    BillingCustomer.objects.update(trial_at=clock() - timedelta(hours=24))
    shop.open_page(workspace_id=shop.cast.owner.personal_workspace.id)
    assert trials(shop) == ["14", "14"]


def test_a_trial_is_not_handed_from_one_owner_to_the_next(shop: Shop) -> None:
    """The first owner's page is closed, or they could try it there and elsewhere."""
    first = shop.open_page()
    second = shop.open_page(email=shop.cast.admin.email)
    own = shop.cast.admin.personal_workspace.id
    shop.open_page(workspace_id=own, email=shop.cast.admin.email)
    assert trials(shop) == ["14", "14", None]
    assert shop.stripe.books.get("checkout.session", first)["status"] == "expired"
    assert shop.stripe.books.get("checkout.session", second)["status"] == "open"


def test_who_tried_as_second_owner_tries_no_more(shop: Shop) -> None:
    """The customer keeps the address of the first who asked."""
    shop.open_page()
    bought = shop.buy(email=shop.cast.admin.email)
    shop.tell()
    assert shop.row(bought).status == "trialing"
    own = shop.cast.admin.personal_workspace.id
    again = shop.buy(workspace_id=own, email=shop.cast.admin.email)
    assert shop.stripe.books.get("subscription", again)["status"] == "active"


@pytest.mark.django_db(transaction=True)
def test_pages_asked_for_at_once_promise_one_trial(shop: Shop) -> None:
    owner, start = shop.cast.owner, threading.Barrier(4)
    made = [Workspace.objects.create(name=f"W{n}") for n in range(4)]

    def ask(workspace: Workspace) -> None:
        try:
            start.wait(10)
            shop.open_page(workspace_id=workspace.id, email=owner.email)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ask, made))
    assert sorted(trials(shop), key=str) == ["14", None, None, None]
