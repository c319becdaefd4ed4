"""Fetching markets anew: what fails fails alone, and is tried again with patience."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from apps.core.backoff import RetryPolicy
from apps.core.errors import UpstreamError
from apps.markets.domain.markets import Batch, MarketReading, MarketStatus
from apps.markets.models import Market, Quote, Venue
from apps.markets.pipelines.fetching import Pace
from apps.markets.pipelines.refresh import Refreshed, refresh_markets
from tests.markets.make import NOW, make_market, make_venue
from tests.markets.readings import ScriptedGateway, make_reading, make_settled

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

pytestmark = pytest.mark.django_db
DOWN = UpstreamError("down", retryable=True)


@dataclass(slots=True)
class Script:
    """Fails as often as it is told, then answers every market with a price."""

    errors: list[Exception] = field(default_factory=list)
    readings: dict[str, MarketReading] = field(default_factory=dict)
    slept: list[float] = field(default_factory=list)

    def answer(self, ids: Sequence[str]) -> Batch:
        if self.errors:
            raise self.errors.pop(0)
        given = {
            name: self.readings.get(name, make_reading(name, "0.70")) for name in ids
        }
        return Batch(given, {})

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def pace(self, **fields: object) -> Pace:
        policy = RetryPolicy(base_seconds=1, cap_seconds=8, max_retries=3)
        made = Pace(at_once=1, policy=policy, sleep=self.sleep, draw=lambda: 0.5)
        return replace(made, **fields)  # type: ignore[arg-type]


def refresh(
    ids: Sequence[UUID], gateway: ScriptedGateway, pace: Pace | None = None
) -> Refreshed:
    return refresh_markets(
        ids,
        clock=lambda: NOW,
        pace=pace or Script().pace(),
        open_venue=lambda _venue, clock: gateway,
    )


def make_many(count: int) -> list[UUID]:
    return [make_market(f"m{number}", None).id for number in range(count)]


def test_markets_are_fetched_in_batches_and_stored() -> None:
    ids, gateway = make_many(5), ScriptedGateway(Script().answer)
    result = refresh(ids, gateway)
    assert [len(batch) for batch in gateway.asked] == [2, 2, 1]
    assert {row.id: row.mid for row in result.rows.values()} == dict.fromkeys(
        ids, Decimal("0.70")
    )
    assert (result.failures, gateway.closed, Quote.objects.count()) == ({}, 1, 5)
    assert Venue.objects.get().synced_at == NOW


def test_a_market_that_is_named_twice_is_fetched_once() -> None:
    (one,), gateway = make_many(1), ScriptedGateway(Script().answer)
    refresh([one, one], gateway)
    assert gateway.asked == [("m0",)]


def test_a_market_that_fails_fails_alone() -> None:
    first, second = make_many(2)

    def answer(_ids: Sequence[str]) -> Batch:
        return Batch({"m0": make_reading("m0")}, {"m1": "it is gone"})

    result = refresh([first, second], ScriptedGateway(answer))
    assert (set(result.rows), result.failures) == ({first}, {second: "it is gone"})


def test_a_reading_that_cannot_be_stored_fails_alone() -> None:
    first, second = make_many(2)
    script = Script(readings={"m1": make_reading("m1", event_id="e" * 300)})
    result = refresh([first, second], ScriptedGateway(script.answer))
    assert set(result.rows) == {first}
    assert result.failures == {second: "event_id is longer than 200 characters"}


def test_a_market_that_nobody_knows_is_a_failure() -> None:
    unknown = UUID(int=7)
    result = refresh([unknown], ScriptedGateway(Script().answer))
    assert result.failures == {unknown: f"There is no market {unknown}."}


def test_a_market_that_its_venue_leaves_out_is_a_failure() -> None:
    (one,) = make_many(1)
    result = refresh([one], ScriptedGateway(lambda _ids: Batch({}, {})))
    assert result.failures == {one: "the venue left it out"}


def test_a_settlement_comes_with_the_row() -> None:
    (one,) = make_many(1)
    script = Script(readings={"m0": make_settled("m0")})
    row = refresh([one], ScriptedGateway(script.answer)).rows[one]
    assert row.status is MarketStatus.RESOLVED
    assert row.settlement is not None
    assert row.settlement.payout == 1


def test_a_failure_is_tried_again_with_growing_pauses() -> None:
    (one,), script = make_many(1), Script([DOWN, DOWN, DOWN])
    result = refresh([one], ScriptedGateway(script.answer), script.pace())
    assert (set(result.rows), script.slept) == ({one}, [0.5, 1.0, 2.0])


def test_what_a_venue_asks_for_is_waited() -> None:
    error = UpstreamError("429", retryable=True, retry_after_seconds=20)
    (one,), script = make_many(1), Script([error])
    refresh([one], ScriptedGateway(script.answer), script.pace())
    assert script.slept == [20.5]


def test_a_failure_that_stays_is_not_tried_again() -> None:
    (one,), script = make_many(1), Script([UpstreamError("403", retryable=False)])
    result = refresh([one], ScriptedGateway(script.answer), script.pace())
    assert (result.failures, script.slept) == ({one: "403"}, [])


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (UpstreamError("gone", retryable=False), "gone"),
        (KeyError("x"), "KeyError: 'x'"),
    ],
)
def test_a_batch_that_fails_takes_no_other_down(error: Exception, reason: str) -> None:
    ids, script = make_many(4), Script([error])
    result = refresh(ids, ScriptedGateway(script.answer), script.pace())
    failed = set(result.failures)
    assert (len(failed), set(result.failures.values())) == (2, {reason})
    assert set(result.rows) == set(ids) - failed
    venue = Venue.objects.get()
    assert (venue.failed_at, venue.failure) == (NOW, reason)


def test_a_venue_that_is_down_is_given_up_after_a_few_batches() -> None:
    ids, script = make_many(10), Script([UpstreamError("down", retryable=False)] * 9)
    gateway = ScriptedGateway(script.answer)
    result = refresh(ids, gateway, script.pace(gives_up_after=2))
    assert len(gateway.asked) == 2
    assert result.failures == dict.fromkeys(ids, "down")


def test_a_batch_that_is_never_answered_is_given_up() -> None:
    (one,) = make_many(1)

    class Silent(ScriptedGateway):
        async def fetch_markets(self, external_ids: Sequence[str]) -> Batch:
            await asyncio.sleep(60)
            return self.answer(external_ids)

    pace = Script().pace(attempt_seconds=0.01)
    result = refresh([one], Silent(Script().answer), pace)
    assert result.failures == {one: "no answer in time"}


def test_a_venue_that_answers_again_is_well_again() -> None:
    (one,), script = make_many(1), Script([UpstreamError("down", retryable=False)])
    gateway = ScriptedGateway(script.answer)
    refresh([one], gateway)
    refresh([one], gateway)
    venue = Venue.objects.get()
    assert (venue.failed_at, venue.failure, venue.synced_at) == (None, "", NOW)


def test_a_venue_that_is_switched_off_is_not_asked() -> None:
    venue = make_venue(is_active=False)
    market, gateway = make_market("m0", venue=venue), ScriptedGateway(Script().answer)
    result = refresh([market.id], gateway)
    assert result.failures == {market.id: "Venue polymarket is switched off."}
    assert gateway.asked == []


def test_venues_are_asked_each_by_its_own_gateway() -> None:
    first = make_market("a", None)
    second = make_market("a", None, venue=make_venue("kalshi"))
    opened = []

    def open_venue(venue: object, clock: Callable[[], object]) -> ScriptedGateway:
        opened.append(venue)
        return ScriptedGateway(Script().answer)

    result = refresh_markets(
        [first.id, second.id], clock=lambda: NOW, open_venue=open_venue
    )
    assert (len(opened), set(result.rows)) == (2, {first.id, second.id})
    assert Market.objects.filter(mid=Decimal("0.70")).count() == 2


def test_a_venue_that_failed_is_waited_for_less_until_it_answers() -> None:
    ids = make_many(6)
    script = Script(errors=[DOWN] * 99)
    refresh(ids, ScriptedGateway(script.answer), script.pace())
    patient, script.errors = len(script.slept), [DOWN] * 99
    refresh(ids, ScriptedGateway(script.answer), script.pace())
    assert (patient, len(script.slept) - patient) == (9, 2)
    script.errors = [DOWN]
    result = refresh(ids, ScriptedGateway(script.answer), script.pace())
    assert set(result.rows) == set(ids)
    assert Venue.objects.get().failure == ""
