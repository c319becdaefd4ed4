"""The subscription over the account API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import BillingCustomer, Subscription
from tests.fakes.stripe import Fault

if TYPE_CHECKING:
    from tests.billing.shop import Shop

ACTS = ("checkout", "portal", "change", "cancel", "resume")
PRO = {"tier": "pro", "interval": "month"}
YEARLY = {"tier": "pro", "interval": "year"}


def at(shop: Shop, act: str = "") -> str:
    tail = f"{act}/" if act else ""
    return f"/api/account/workspaces/{shop.workspace_id}/subscription/{tail}"


def as_(user: Any) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client


@pytest.fixture
def owner(shop: Shop) -> APIClient:
    return as_(shop.cast.owner)


def test_a_workspace_without_one_has_the_free_tier(
    shop: Shop, owner: APIClient
) -> None:
    assert owner.get(at(shop)).json() == {
        "is_set_up": True,
        "tier": "free",
        "subscription": None,
        "invoices": [],
        "waits_since": None,
    }


def test_a_plan_is_bought_on_the_page_that_is_named(
    shop: Shop, owner: APIClient
) -> None:
    answer = owner.post(at(shop, "checkout"), PRO)
    page = shop.stripe.books.all("checkout.session")[0]
    assert (answer.status_code, answer.json()) == (201, {"url": page["url"]})
    shop.stripe.complete(page["id"])
    shop.tell()
    document = owner.get(at(shop)).json()
    bought = document["subscription"]
    assert document["tier"] == "pro"
    assert (bought["status"], bought["tier"], bought["amount"]) == (
        "trialing",
        "pro",
        "49.00",
    )
    assert document["invoices"][0]["total"] == "0.00"


def test_a_plan_is_changed_canceled_and_resumed(shop: Shop, owner: APIClient) -> None:
    shop.subscribe()
    assert owner.post(at(shop, "change"), YEARLY).json()["interval"] == "year"
    assert owner.post(at(shop, "cancel")).json()["is_ending"] is True
    assert owner.post(at(shop, "resume")).json()["is_ending"] is False
    assert owner.post(at(shop, "portal")).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"tier": "pro"},
        {"tier": "pro", "interval": "week"},
        {"tier": "gold", "interval": "month"},
        {**PRO, "trial_days": 99},
        {**PRO, "customer": "cus_of_another"},
        [PRO],
        "pro",
    ],
)
def test_a_body_of_the_wrong_form_is_refused(
    shop: Shop, owner: APIClient, body: Any
) -> None:
    answer = owner.post(at(shop, "checkout"), body)
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert BillingCustomer.objects.count() == 0


def test_what_a_workspace_has_not_is_said(shop: Shop, owner: APIClient) -> None:
    answers = {act: owner.post(at(shop, act), YEARLY) for act in ACTS[1:]}
    assert {act: answer.status_code for act, answer in answers.items()} == (
        dict.fromkeys(ACTS[1:], 404)
    )


def test_a_second_one_is_a_conflict(shop: Shop, owner: APIClient) -> None:
    shop.subscribe()
    answer = owner.post(at(shop, "checkout"), YEARLY)
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


def test_stripe_that_is_down_is_a_failure_upstream(
    shop: Shop, owner: APIClient
) -> None:
    shop.stripe.faults.extend([Fault("GET /v1/prices", 500)] * 2)
    answer = owner.post(at(shop, "checkout"), PRO)
    assert answer.status_code == 502
    assert answer.json()["code"] == "upstream_failed"
    assert answer.json()["retryable"] is True


def test_without_a_key_nothing_is_sold(
    shop: Shop, owner: APIClient, settings: Any
) -> None:
    settings.STRIPE_SECRET_KEY = ""
    assert owner.get(at(shop)).json()["is_set_up"] is False
    for act in ACTS:
        answer = owner.post(at(shop, act), PRO)
        assert (answer.status_code, answer.json()["code"]) == (
            409,
            "billing_not_set_up",
        )


@pytest.mark.parametrize(
    ("who", "status"),
    [("admin", 403), ("teammate", 403), ("viewer", 403), ("stranger", 404)],
)
def test_billing_is_the_owners_alone(shop: Shop, who: str, status: int) -> None:
    shop.subscribe()
    asked, before = len(shop.stripe.asked), Subscription.objects.values().get()
    client = as_(getattr(shop.cast, who))
    assert client.get(at(shop)).status_code == status
    for act in ACTS:
        assert client.post(at(shop, act), YEARLY).status_code == status
    assert len(shop.stripe.asked) == asked
    assert Subscription.objects.values().get() == before


def test_whoever_is_not_signed_in_may_nothing(shop: Shop) -> None:
    for act in ("", *ACTS):
        assert APIClient().post(at(shop, act), PRO).status_code in {401, 403}
    assert shop.stripe.asked == []


def test_it_is_described(owner: APIClient) -> None:
    paths = owner.get("/api/account/openapi.json").json()["paths"]
    found = [path for path in paths if "/subscription/" in path]
    assert len(found) == 1 + len(ACTS)
