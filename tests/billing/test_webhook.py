"""The door for events: who may tell us something, and how often it counts."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connections
from django.test import Client

from apps.accounts.models import StripeEvent, Subscription
from apps.accounts.tasks import retry_stripe_events
from tests.fakes.broker import DOWN, sending_to
from tests.fakes.stripe.webhooks import sign, write

if TYPE_CHECKING:
    from tests.billing.shop import Shop

ADDRESS = "/webhooks/stripe/"
JSON = "application/json"


def an_event(shop: Shop) -> dict[str, Any]:
    """An event that gives the workspace its tier, if it is believed."""
    shop.buy()
    return next(
        one
        for one in shop.stripe.undelivered()
        if one["type"] == "customer.subscription.created"
    )


def post(body: bytes, signature: str = "") -> Any:
    client = Client(enforce_csrf_checks=True)
    return client.post(
        ADDRESS, body, content_type=JSON, headers={"Stripe-Signature": signature}
    )


def refused(answer: Any, shop: Shop) -> None:
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert json.loads(answer.content)["code"] == "bad_signature"
    assert StripeEvent.objects.count() == 0
    assert shop.tier == "free"


def test_a_signed_event_is_kept_once_and_then_acted_upon(
    shop: Shop, django_capture_on_commit_callbacks: Any
) -> None:
    body = write(an_event(shop))
    signature = sign(body, shop.stripe.secret, int(time.time()))
    with django_capture_on_commit_callbacks(execute=True):
        first = post(body, signature)
        assert Subscription.objects.count() == 0
    again = post(body, signature)
    assert (first.status_code, again.status_code) == (200, 200)
    assert json.loads(first.content) == {"received": True, "new": True}
    assert json.loads(again.content) == {"received": True, "new": False}
    assert StripeEvent.objects.get().state == "done"
    assert shop.tier == "pro"


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "t=now",
        "t=now,v1=",
        "t=now,v1=" + "0" * 64,
        "t=now,v0=RIGHT",
        "v1=RIGHT",
        "t=,v1=RIGHT",
        "t=later,v1=RIGHT",
        "t=1e9,v1=RIGHT",
        "t=now;v1=RIGHT",
        "\x00",
        "é" * 10,
    ],
)
def test_a_signature_of_the_wrong_form_is_refused(shop: Shop, signature: str) -> None:
    body, now = write(an_event(shop)), int(time.time())
    right = sign(body, shop.stripe.secret, now).partition("v1=")[2]
    forged = signature.replace("now", str(now)).replace("later", str(now + 1))
    refused(post(body, forged.replace("RIGHT", right)), shop)


@pytest.mark.parametrize("secret", ["whsec_of_another", "", "whsec_of_the_fak"])
def test_another_secret_is_refused(shop: Shop, secret: str) -> None:
    body = write(an_event(shop))
    refused(post(body, sign(body, secret, int(time.time()))), shop)


@pytest.mark.parametrize("shift", [-301, 301, -86_400])
def test_an_old_or_future_signature_is_refused(shop: Shop, shift: int) -> None:
    body = write(an_event(shop))
    refused(post(body, sign(body, shop.stripe.secret, int(time.time()) + shift)), shop)


@pytest.mark.parametrize("shift", [-290, 290])
def test_a_signature_within_five_minutes_is_taken(shop: Shop, shift: int) -> None:
    body = write(an_event(shop))
    signature = sign(body, shop.stripe.secret, int(time.time()) + shift)
    assert post(body, signature).status_code == 200


def test_a_body_that_was_changed_on_its_way_is_refused(shop: Shop) -> None:
    body = write(an_event(shop))
    signature = sign(body, shop.stripe.secret, int(time.time()))
    refused(post(body.replace(b"trialing", b"active  "), signature), shop)
    refused(post(body + b" ", signature), shop)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b'{"object":"event","id":"evt_1","type":"a","created":1,"data":{}}',
        b'{"object":"event","id":"","type":"a","created":1,"data":{"object":{}}}',
        b'{"object":"event","id":["evt"],"type":"a","created":1,"data":{"object":{}}}',
        b'{"object":"event","id":"evt","type":"a","created":1e99,"data":{"object":{}}}',
        b'{"object":"event","id":"e\\u0000","type":"a","created":1,"data":{"object":{}}}',
        b"[" * 100_000,
    ],
)
def test_what_is_signed_and_no_event_is_refused(shop: Shop, body: bytes) -> None:
    text = body.decode(errors="replace").encode()
    refused(post(body, sign(text, shop.stripe.secret, int(time.time()))), shop)


def test_both_secrets_count_while_they_are_changed(shop: Shop, settings: Any) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_new", shop.stripe.secret]
    body, now = write(an_event(shop)), int(time.time())
    assert post(body, sign(body, shop.stripe.secret, now)).status_code == 200
    assert post(body, sign(body, "whsec_new", now)).status_code == 200
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_new"]
    assert post(body, sign(body, shop.stripe.secret, now)).status_code == 400


def test_without_a_secret_nothing_is_believed(shop: Shop, settings: Any) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = []
    body = write(an_event(shop))
    refused(post(body, sign(body, "", int(time.time()))), shop)


def test_without_a_key_the_door_says_so(shop: Shop, settings: Any) -> None:
    settings.STRIPE_SECRET_KEY = ""
    answer = post(b"{}", "t=1,v1=0")
    assert answer.status_code == 409
    assert json.loads(answer.content)["code"] == "billing_not_set_up"


def test_too_large_a_body_is_refused_unread(shop: Shop) -> None:
    body = b" " * (512 * 1024 + 1)
    answer = post(body, sign(body, shop.stripe.secret, int(time.time())))
    assert answer.status_code == 413
    assert StripeEvent.objects.count() == 0


def test_the_door_is_for_posting_only(shop: Shop) -> None:
    assert Client().get(ADDRESS).status_code == 405
    assert Client().put(ADDRESS).status_code == 405


def test_what_an_event_says_of_people_is_not_kept(shop: Shop) -> None:
    shop.buy()
    shop.tell()
    kept = json.dumps(list(StripeEvent.objects.values()), default=str)
    assert shop.cast.owner.email not in kept


@pytest.mark.django_db(transaction=True)
def test_the_same_event_delivered_by_many_at_once_counts_once(shop: Shop) -> None:
    body = write(an_event(shop))
    signature = sign(body, shop.stripe.secret, int(time.time()))

    def deliver(_: int) -> tuple[int, bool]:
        try:
            answer = post(body, signature)
            return answer.status_code, json.loads(answer.content)["new"]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(deliver, range(16)))
    assert answers == [(200, False)] * 15 + [(200, True)]
    assert StripeEvent.objects.get().attempts == 1
    assert shop.tier_changes() == [("free", "pro")]


@pytest.mark.django_db(transaction=True)
def test_an_event_is_answered_though_the_broker_is_down_and_is_not_lost(
    shop: Shop,
) -> None:
    body = write(an_event(shop))
    with sending_to(DOWN):
        answer = post(body, sign(body, shop.stripe.secret, int(time.time())))
    assert answer.status_code == 200
    assert StripeEvent.objects.get().state == "waiting"
    retry_stripe_events()
    assert StripeEvent.objects.get().state == "done"
    assert shop.tier == "pro"
