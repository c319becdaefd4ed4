"""How many calls are let in, and how that is said."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.db import connection
from redis import Redis

from apps.accounts.domain.admission import Caller, Quota, RateLimitedError
from apps.accounts.domain.keys import KeyPower, Scope, make_key
from apps.accounts.models import Tier, TierOverride
from apps.accounts.services import admission
from apps.accounts.services.admission import admit
from tests.accounts.cast import NOW
from tests.accounts.keys import READ, bearer, forget_copies, give_tier, new_key

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django.fixtures import Settings

    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db
NOWHERE = "redis://127.0.0.1:1/2"


def limit(cast: Cast, calls: int | None) -> None:
    give_tier(cast.workspace.id, "pro", sets_calls=True, calls_per_hour=calls)


def let_in(caller: Caller, seconds: float = 0.0) -> bool:
    try:
        admit(caller=caller, scope=Scope.READ, now=NOW + timedelta(seconds=seconds))
    except RateLimitedError:
        return False
    return True


def test_a_call_says_what_is_left_of_the_hour(client: Client, cast: Cast) -> None:
    secret = new_key(cast).secret
    response = client.get(READ, headers=bearer(secret))
    assert response.headers["RateLimit-Policy"] == '"default";q=100;w=3600'
    name, left, reset = response.headers["RateLimit"].split(";")
    assert (name, left) == ('"default"', "r=99")
    assert 3600 <= int(reset.removeprefix("t=")) <= 3601


def test_a_call_past_the_limit_is_told_when_to_come_back(
    client: Client, cast: Cast
) -> None:
    limit(cast, 2)
    secret = new_key(cast).secret
    statuses = [client.get(READ, headers=bearer(secret)).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    response = client.get(READ, headers=bearer(secret))
    body = response.json()
    assert (body["code"], body["retryable"]) == ("rate_limited", True)
    assert "2 calls an hour" in body["detail"]
    assert response.headers["RateLimit"].startswith('"default";r=0;t=')
    wait = response.headers["RateLimit"].rpartition("t=")[2]
    assert response.headers["Retry-After"] == wait


def test_all_keys_of_a_workspace_share_its_limit(client: Client, cast: Cast) -> None:
    limit(cast, 3)
    secrets = [new_key(cast).secret for _ in range(2)]
    statuses = [
        client.get(READ, headers=bearer(secrets[n % 2])).status_code for n in range(5)
    ]
    assert statuses == [200, 200, 200, 429, 429]


def test_the_window_slides(cast: Cast) -> None:
    limit(cast, 2)
    caller = Caller(key=new_key(cast, now=NOW).secret)
    assert [let_in(caller, at) for at in (0, 1800, 1801)] == [True, True, False]
    assert [let_in(caller, at) for at in (3601, 3602)] == [True, False]


def test_visitors_have_the_limit_of_free_for_each_address(cast: Cast) -> None:
    Tier.objects.filter(slug="free").update(calls_per_hour=2)
    first, second = Caller("192.0.2.1"), Caller("192.0.2.2")
    assert [let_in(first) for _ in range(3)] == [True, True, False]
    assert let_in(second)


def test_a_visitor_is_told_that_a_key_has_more(client: Client, cast: Cast) -> None:
    Tier.objects.filter(slug="free").update(calls_per_hour=1)
    first, second = client.get(READ), client.get(READ)
    assert (first.status_code, second.status_code) == (200, 429)
    said = second.json()["detail"]
    assert said.startswith("The Free tier has 1 calls an hour")
    assert said.endswith("A key of a workspace has the calls of its tier.")


def test_an_ipv6_customer_is_one_visitor(cast: Cast) -> None:
    Tier.objects.filter(slug="free").update(calls_per_hour=2)
    addresses = ("2001:db8:0:1::1", "2001:db8:0:1:ffff::9", "2001:db8:0:1::3")
    assert [let_in(Caller(one)) for one in addresses] == [True, True, False]
    assert let_in(Caller("2001:db8:0:2::1"))


def test_a_session_counts_for_the_workspace_with_the_most_calls(cast: Cast) -> None:
    limit(cast, 200)
    caller = Caller("192.0.2.1", user_id=cast.teammate.id)
    found = admit(caller=caller, scope=Scope.READ, now=NOW)
    assert found.identity.workspace_id == cast.workspace.id
    assert found.quota == Quota(200, 1, 3601)
    key = Caller(key=new_key(cast, now=NOW).secret)
    assert admit(caller=key, scope=Scope.READ, now=NOW).quota == Quota(200, 2, 3601)


def test_no_limit_is_not_counted(client: Client, cast: Cast) -> None:
    give_tier(cast.workspace.id, "enterprise")
    response = client.get(READ, headers=bearer(new_key(cast).secret))
    assert response.status_code == 200
    assert "RateLimit" not in response.headers
    assert "RateLimit-Policy" not in response.headers


def test_a_changed_tier_holds_within_seconds(cast: Cast) -> None:
    caller = Caller(key=new_key(cast, now=NOW).secret)
    found = admit(caller=caller, scope=Scope.READ, now=NOW)
    assert found.quota == Quota(100, 1, 3601)
    TierOverride.objects.create(
        workspace=cast.workspace, sets_calls=True, calls_per_hour=7, reason="test"
    )
    gate = Redis.from_url(settings.GATE_URL)
    kept = f"assay:gate:entitlements:{cast.workspace.id}"
    assert 0 < gate.pttl(kept) <= 5000
    gate.delete(kept)  # which time does
    found = admit(caller=caller, scope=Scope.READ, now=NOW)
    assert found.quota == Quota(7, 2, 3601)


def test_a_warm_caller_costs_one_round_trip_and_no_query(cast: Cast) -> None:
    caller = Caller(key=new_key(cast, now=NOW).secret)
    assert let_in(caller)
    before = _commands()
    with connection.execute_wrapper(_refuse_query):
        assert let_in(caller)
    assert _commands() - before == 1


def _commands() -> int:
    stats = Redis.from_url(settings.GATE_URL).info("commandstats")
    return int(stats["cmdstat_evalsha"]["calls"])


def _refuse_query(*_: object) -> None:
    raise AssertionError("a query was made")


@pytest.mark.django_db(transaction=True)
def test_one_hundred_clients_at_the_limit_are_admitted_exactly(cast: Cast) -> None:
    limit(cast, 100)
    caller = Caller(key=new_key(cast, now=NOW).secret)

    def call(_: int) -> bool:
        try:
            return let_in(caller)
        finally:
            connection.close()

    with ThreadPoolExecutor(100) as pool:
        assert sum(pool.map(call, range(300))) == 100


def test_without_redis_the_process_counts_by_the_same_rule(
    cast: Cast, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    limit(cast, 3)
    caller = Caller(key=new_key(cast, now=NOW).secret)
    settings.GATE_URL = "redis://127.0.0.1:1/3"
    assert [let_in(caller) for _ in range(5)] == [True, True, True, False, False]
    assert [let_in(caller, at) for at in (3600, 3601)] == [False, True]
    assert caplog.text.count("gate_without_redis") == 1


def test_without_redis_keys_are_looked_up_in_the_database(
    client: Client, cast: Cast, settings: Settings
) -> None:
    secret = new_key(cast).secret
    settings.GATE_URL = NOWHERE
    assert client.get(READ, headers=bearer(secret)).status_code == 200
    wrong = bearer(make_key(KeyPower.READ_WRITE, 5))
    assert client.get(READ, headers=wrong).json()["code"] == "key_invalid"


def test_wrong_keys_cost_the_workspace_nothing_and_their_sender_in_the_end(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "REFUSED_PER_HOUR", 3)
    caller = Caller("192.0.2.9", key=make_key(KeyPower.READ_WRITE, 5))
    codes = []
    for _ in range(5):
        with pytest.raises(Exception, match=r".") as caught:
            admit(caller=caller, scope=Scope.READ, now=NOW)
        codes.append(caught.value.code)  # type: ignore[attr-defined]
    assert codes == ["key_invalid"] * 3 + ["rate_limited"] * 2
    assert let_in(Caller("192.0.2.9"))


def test_pages_and_their_twins_are_not_counted(client: Client, cast: Cast) -> None:
    Tier.objects.filter(slug="free").update(calls_per_hour=1)
    forget_copies()
    assert client.get(READ).status_code == 200
    assert client.get(READ).status_code == 429
    for address in ("/models/", "/models.json", "/models.csv", "/runs.json", "/api/"):
        assert client.get(address).status_code == 200


def test_both_apis_are_counted_together(client: Client, cast: Cast) -> None:
    limit(cast, 2)
    secret = new_key(cast).secret
    for address in (READ, "/api/account/workspaces/"):
        assert client.get(address, headers=bearer(secret)).status_code == 200
    response = client.get("/api/account/workspaces/", headers=bearer(secret))
    assert response.status_code == 429
