"""A venue that fails: one attempt, one line that names what and where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from apps.core.errors import UpstreamError
from apps.core.http import open_http_client
from apps.markets.gateways.answers import JsonClient
from tests.fakes.venue_server import Fault
from tests.markets.venues import polymarket_at

if TYPE_CHECKING:
    from tests.fakes.venue_server import FakeVenues

WHAT = "Polymarket Gamma: GET /markets/keyset"
FAULTS: list[tuple[Fault, dict[str, Any], str, bool]] = [
    (Fault.STATUS, {"status": 500}, ' answered 500: {"error": "try again"}', True),
    (Fault.STATUS, {"status": 429}, ' answered 429: {"error": "try again"}', True),
    (Fault.STATUS, {"status": 422}, ' answered 422: {"error": "try again"}', False),
    (Fault.STATUS, {"status": 404}, ": answered 404", False),
    (Fault.TRUNCATED, {}, ": answered application/json that is not JSON", True),
    (Fault.HTML, {}, ": answered text/html that is not JSON", True),
    (Fault.WRONG_TYPES, {}, ": markets is not a list", False),
    (Fault.REDIRECT, {}, ": redirects in circles", False),
    (Fault.SILENCE, {}, ": no answer in time", True),
]


async def fail(venues: FakeVenues, **how: Any) -> UpstreamError:
    name = venues.polymarket.add(1).condition_id
    gateway = polymarket_at(venues, read_seconds=0.3, **how)
    try:
        with pytest.raises(UpstreamError) as caught:
            await gateway.fetch_markets([name])
    finally:
        await gateway.aclose()
    return caught.value


@pytest.mark.parametrize(("fault", "how", "message", "retryable"), FAULTS)
async def test_a_failure_says_what_and_where_and_whether_to_try_again(
    venues: FakeVenues,
    fault: Fault,
    how: dict[str, Any],
    message: str,
    *,
    retryable: bool,
) -> None:
    venues.break_("gamma", fault, **how)
    error = await fail(venues)
    assert str(error) == WHAT + message
    assert error.retryable is retryable


async def test_a_connection_that_is_cut_can_be_tried_again(venues: FakeVenues) -> None:
    venues.break_("gamma", Fault.CUT)
    error = await fail(venues)
    assert str(error).startswith(f"{WHAT}: the connection failed: ")
    assert error.retryable


async def test_a_client_that_follows_nothing_is_told_where_to(
    venues: FakeVenues,
) -> None:
    venues.break_("gamma", Fault.REDIRECT)
    assert str(await fail(venues, is_local=True)) == f"{WHAT}: redirects to /gamma"


async def test_how_long_a_venue_asks_to_wait_is_kept(venues: FakeVenues) -> None:
    venues.break_("gamma", Fault.STATUS, status=429, headers={"retry-after": "7"})
    assert (await fail(venues)).retry_after_seconds == 7


async def test_a_venue_that_is_not_there_can_be_tried_again(venues: FakeVenues) -> None:
    client = open_http_client()
    service = JsonClient("Nobody", "http://127.0.0.1:9", client)
    with pytest.raises(
        UpstreamError, match=r"Nobody: GET /x: the connection failed"
    ) as caught:
        await service.get("/x")
    await client.aclose()
    assert caught.value.retryable


@pytest.mark.parametrize(
    ("told", "age"), [("219", 219), ("-5", 0), ("soon", 0), ("99999999999", 604_800)]
)
async def test_an_age_that_cannot_be_is_not_believed(
    venues: FakeVenues, told: str, age: int
) -> None:
    venues.headers = {"age": told}
    client = open_http_client()
    answer = await JsonClient("Gamma", venues.url("gamma"), client).get(
        "/markets/keyset"
    )
    await client.aclose()
    assert answer.seen.age_seconds == age
