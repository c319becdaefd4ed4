"""Calls as they are recorded: off the request's path, in a batch, with their hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from django.db import connection

from apps.accounts.domain.calls import Call
from apps.accounts.models import (
    ApiKey,
    ApiRequest,
    OutgoingMail,
    UsageHour,
    UsageWarning,
)
from apps.accounts.services.usage import TABLE, recorder, store_calls, tend_usage
from apps.core.partitions import ensure_months
from tests.accounts.cast import NOW
from tests.accounts.keys import READ, bearer, give_tier, new_key

if TYPE_CHECKING:
    from django.test import Client

    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db
KEY = UUID(int=7)


def make_call(workspace_id: UUID | None, **fields: Any) -> Call:
    values: dict[str, Any] = {
        "at": NOW,
        "workspace_id": workspace_id,
        "key_id": KEY,
        "method": "GET",
        "route": "/api/v1/runs",
        "status": 200,
        "ms": 2.5,
        "bytes": 100,
        "request_id": "abc",
        "ip": "192.0.2.0",
    }
    return Call(**values | fields)


def hours() -> list[tuple[object, ...]]:
    names = ("hour", "key_id", "route", "calls", "refused", "limited", "failed")
    return list(UsageHour.objects.order_by("hour", "route").values_list(*names))


def test_a_call_is_recorded_after_its_answer(client: Client, cast: Cast) -> None:
    key = new_key(cast)
    headers = bearer(key.secret) | {"X-Request-ID": "abc-1"}
    response = client.get(READ, headers=headers)
    assert ApiRequest.objects.count() == 0
    store_calls(recorder._take())
    row = ApiRequest.objects.get()
    assert (row.workspace_id, row.key_id) == (cast.workspace.id, key.id)
    assert (row.method, row.route, row.status) == ("GET", "/api/v1/suites", 200)
    assert (row.bytes, row.request_id) == (len(response.content), "abc-1")
    assert (row.ip, row.ms > 0) == ("127.0.0.0", True)


@pytest.mark.parametrize(
    ("address", "route", "status"),
    [
        ("/api/v1/runs/abc/results", "/api/v1/runs/{run_id}/results", 422),
        ("/api/v1/nothing?token=x", "unknown", 404),
        ("/api/account/workspaces/", "/api/account/workspaces/", 401),
    ],
)
def test_a_visitor_is_recorded_by_the_template_of_the_address(
    client: Client, address: str, route: str, status: int
) -> None:
    client.get(address)
    store_calls(recorder._take())
    row = ApiRequest.objects.get()
    assert (row.route, row.status, row.workspace_id) == (route, status, None)
    assert hours() == []


def test_a_refused_call_counts_for_the_workspace_it_was_refused_to(
    client: Client, cast: Cast
) -> None:
    give_tier(cast.workspace.id, "pro", sets_calls=True, calls_per_hour=1)
    secret = new_key(cast).secret
    for _ in range(3):
        client.get(READ, headers=bearer(secret))
    store_calls(recorder._take())
    (hour,) = UsageHour.objects.all()
    assert (hour.calls, hour.refused, hour.limited, hour.failed) == (3, 2, 2, 0)


def test_hours_are_merged_batch_by_batch(cast: Cast) -> None:
    workspace_id = cast.workspace.id
    late = NOW + timedelta(minutes=61)
    store_calls([make_call(workspace_id), make_call(workspace_id, status=404)])
    store_calls([make_call(workspace_id, status=500), make_call(workspace_id, at=late)])
    assert hours() == [
        (NOW, KEY, "/api/v1/runs", 3, 1, 0, 1),
        (NOW + timedelta(hours=1), KEY, "/api/v1/runs", 1, 0, 0, 0),
    ]
    first = UsageHour.objects.get(hour=NOW)
    assert (first.ms, first.bytes) == (7.5, 300)


def test_calls_of_a_session_are_one_line_an_hour(cast: Cast) -> None:
    calls = [make_call(cast.workspace.id, key_id=None)] * 2
    store_calls(calls)
    store_calls(calls)
    assert hours() == [(NOW, None, "/api/v1/runs", 4, 0, 0, 0)]


def test_the_last_use_of_a_key_is_written_once_a_minute(cast: Cast) -> None:
    key_id = new_key(cast).id

    def used(seconds: int) -> datetime | None:
        at = NOW + timedelta(seconds=seconds)
        store_calls([make_call(cast.workspace.id, key_id=key_id, at=at)])
        return ApiKey.objects.get(pk=key_id).last_used_at

    assert [used(0), used(59)] == [NOW, NOW]
    assert used(60) == NOW + timedelta(seconds=60)
    assert used(30) == NOW + timedelta(seconds=60)


def test_a_call_of_a_month_that_nobody_made_is_kept_all_the_same(cast: Cast) -> None:
    at = datetime(2031, 2, 3, 4, 5, tzinfo=UTC)
    store_calls([make_call(cast.workspace.id, at=at)])
    assert ApiRequest.objects.get().at == at
    assert [row[3] for row in hours()] == [1]


def test_what_is_older_than_ninety_days_goes_by_the_month(cast: Cast) -> None:
    ensure_months(TABLE, [date(2026, 7, 1), date(2026, 8, 1)])
    for days in (0, 89, 91, 117):
        store_calls([make_call(cast.workspace.id, at=NOW - timedelta(days=days))])
    assert tend_usage(now=NOW) == (f"{TABLE}_2026_07",)
    assert ApiRequest.objects.count() == 3  # August is not over yet
    assert len(hours()) == 2
    assert tend_usage(now=NOW) == ()
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [f"{TABLE}_2027_01"])
        assert cursor.fetchone()[0] is True


def test_the_hour_that_fills_up_is_noted_once_a_day_and_percentage(cast: Cast) -> None:
    workspace_id = cast.workspace.id
    for crossed in (80, 80, 100, 0):
        store_calls([make_call(workspace_id, crossed=crossed)])
    store_calls([make_call(workspace_id, crossed=80, at=NOW + timedelta(days=1))])
    noted = UsageWarning.objects.order_by("at", "percent").values_list("day", "percent")
    today = NOW.date()
    assert list(noted) == [(today, 80), (today, 100), (today + timedelta(days=1), 80)]
    mails = OutgoingMail.objects.order_by("id").values_list("to", "subject")
    told = ["owner@example.org", "admin@example.org"]
    assert list(mails) == [
        (to, f"{percent} % of this hour's API calls are used")
        for percent in (80, 100, 80)
        for to in told
    ]


def test_rows_of_a_workspace_go_with_it(cast: Cast) -> None:
    store_calls([make_call(cast.workspace.id), make_call(None)])
    cast.workspace.delete()
    assert [row.workspace_id for row in ApiRequest.objects.all()] == [None]
    assert hours() == []
