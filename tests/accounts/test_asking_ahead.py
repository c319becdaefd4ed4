"""Redis is asked about a key while its call is on the way to the gate: once, for it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import RequestFactory
from redis import Redis

from apps.accounts.domain.keys import KeyPower, make_key
from apps.accounts.web.gate import AskMiddleware
from tests.accounts.keys import READ, bearer, new_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.test import Client

    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db


def looks_during(work: Callable[[], object]) -> int:
    """Return how often the script is called meanwhile."""
    server = Redis.from_url(settings.GATE_URL)
    server.config_resetstat()
    work()
    stats = server.info("commandstats")
    return int(stats.get("cmdstat_evalsha", {"calls": 0})["calls"])


def left(client: Client, secret: str) -> int:
    response = client.get(READ, headers=bearer(secret))
    return int(response.headers["RateLimit"].split(";")[1].removeprefix("r="))


def test_a_call_with_a_key_is_one_look(client: Client, cast: Cast) -> None:
    headers = bearer(new_key(cast).secret)
    client.get(READ, headers=headers)
    assert looks_during(lambda: client.get(READ, headers=headers)) == 1


def test_pages_and_visitors_are_not_asked_about_ahead(
    client: Client, cast: Cast
) -> None:
    headers = bearer(new_key(cast).secret)
    assert looks_during(lambda: client.get("/sign-in/", headers=headers)) == 0
    client.get(READ)
    assert looks_during(lambda: client.get(READ)) == 1


def test_a_key_of_the_wrong_form_is_not_looked_up(client: Client, cast: Cast) -> None:
    wrong = bearer(make_key(KeyPower.READ_WRITE, 5)[:-1] + "_")
    client.get(READ, headers=wrong)
    # the one that counts it against its sender
    assert looks_during(lambda: client.get(READ, headers=wrong)) == 1


def test_a_call_to_another_host_is_refused_before_it_counts(
    client: Client, cast: Cast
) -> None:
    secret = new_key(cast).secret
    assert left(client, secret) == 99
    headers = bearer(secret) | {"Host": "not-this-one.example"}
    assert client.get(READ, headers=headers).status_code == HTTPStatus.BAD_REQUEST
    assert left(client, secret) == 98


def test_an_answer_that_no_gate_takes_is_given_to_nobody_else(
    client: Client, cast: Cast
) -> None:
    first, second = new_key(cast).secret, new_key(cast, name="Another").secret
    assert (left(client, first), left(client, second)) == (99, 98)
    stray = AskMiddleware(lambda _: HttpResponse())
    stray(RequestFactory().get(READ, headers=bearer(first)))
    assert left(client, second) == 96  # it was counted


def test_a_call_that_breaks_on_its_way_leaves_nothing_behind(
    client: Client, cast: Cast
) -> None:
    secret = new_key(cast).secret
    assert left(client, secret) == 99

    def break_off(_: HttpRequest) -> HttpResponse:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        AskMiddleware(break_off)(RequestFactory().get(READ, headers=bearer(secret)))
    assert left(client, secret) == 97
