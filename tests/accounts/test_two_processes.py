"""Keys and calls where several web processes serve, as they do in production."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.db.models import Sum
from django.test import Client

from apps.accounts.models import ApiKey, ApiRequest, UsageHour
from tests.accounts.keys import READ, bearer, give_tier, new_key
from tests.bench.server import web_server

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    import httpx2

    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)
PROMISED_SECONDS = 1.0
TOKEN = "c" * 32
CALLS = 25


def serve() -> AbstractContextManager[httpx2.Client]:
    """Start a web process on the database of this test."""
    place = os.environ["DATABASE_URL"].partition("?")[2]
    address = f"postgresql:///{connection.settings_dict['NAME']}?{place}"
    return web_server(DATABASE_URL=address, ASSAY_TASKS_EAGER="0")


def revoke(web: httpx2.Client, cast: Cast, key_id: object) -> int:
    """Revoke a key as its owner does who is signed in."""
    browser = Client()
    browser.force_login(cast.owner)
    session = browser.cookies["sessionid"].value
    cookies = f"sessionid={session}; csrftoken={TOKEN}"
    headers = {"Cookie": cookies, "X-CSRFToken": TOKEN}
    path = f"/api/account/workspaces/{cast.workspace.id}/keys/{key_id}/"
    return web.delete(path, headers=headers).status_code


def test_a_key_revoked_through_one_process_is_refused_by_the_other(cast: Cast) -> None:
    key = new_key(cast)
    headers = bearer(key.secret)
    with serve() as first, serve() as second:
        for web in (first, second):
            assert web.get(READ, headers=headers).status_code == 200
        assert revoke(first, cast, key.id) == 204
        revoked = last_admitted = time.monotonic()
        while True:
            # When it was sent: a busy machine may answer late.
            sent = time.monotonic()
            answer = second.get(READ, headers=headers)
            if answer.status_code == 401:
                break
            last_admitted = sent
            assert last_admitted - revoked <= PROMISED_SECONDS
            time.sleep(0.02)
        assert answer.json()["code"] == "key_revoked"
        assert first.get(READ, headers=headers).json()["code"] == "key_revoked"


def test_a_process_that_is_told_to_stop_stores_the_calls_that_it_served(
    cast: Cast,
) -> None:
    give_tier(cast.workspace.id, "pro")
    key = new_key(cast)
    with serve() as web:
        for _ in range(CALLS):
            assert web.get(READ, headers=bearer(key.secret)).status_code == 200
    calls = ApiRequest.objects.filter(key_id=key.id)
    assert calls.count() == CALLS
    hours = UsageHour.objects.filter(workspace=cast.workspace)
    assert hours.aggregate(Sum("calls")) == {"calls__sum": CALLS}
    assert ApiKey.objects.get(pk=key.id).last_used_at is not None
