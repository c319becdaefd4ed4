"""The simulated venue: labelled, the same for everybody, and fair."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest

from apps.markets.domain.markets import MarketReading, MarketStatus
from apps.markets.domain.simulation import BEGINNING, LIVES, PAUSE, TICK, Simulation
from apps.markets.gateways.simulated import SimulatedGateway
from tests.markets.make import NOW

WORLD = Simulation(seed=3, events=2)
FIRST = "s3-e0-r0-l1"


def price_of(reading: MarketReading | None) -> float:
    assert reading is not None
    assert reading.quote is not None
    assert reading.quote.price is not None
    return float(reading.quote.price)


def payout_of(reading: MarketReading | None) -> float:
    assert reading is not None
    assert reading.settlement is not None
    assert reading.settlement.payout is not None
    return float(reading.settlement.payout)


def list_open(query: str = "", limit: int | None = None) -> list[MarketReading]:
    gateway = SimulatedGateway(WORLD, clock=lambda: NOW)

    async def collect() -> list[MarketReading]:
        return [one async for one in gateway.list_markets(query=query, limit=limit)]

    return asyncio.run(collect())


def test_the_same_market_is_read_the_same_wherever_it_is_asked_for() -> None:
    (first, *_) = list_open()
    again = Simulation(seed=3, events=2).read(first.external_id, NOW)
    assert first == again
    assert Simulation(seed=4, events=2).read(first.external_id, NOW) is None


def test_a_simulated_market_says_that_it_is_one() -> None:
    for reading in list_open():
        assert reading.question.startswith("Simulated ")
        assert "not a market" in reading.description


def test_markets_are_listed_by_query_and_limit() -> None:
    assert len(list_open()) == 6
    assert len(list_open(limit=4)) == 4
    assert {one.event_title for one in list_open("gauge 2")} == {
        f"Simulated gauge 2, round {(NOW - BEGINNING) // LIVES[1]}"
    }


@pytest.mark.parametrize(
    ("after_the_end", "status"),
    [
        (-timedelta(seconds=1), MarketStatus.OPEN),
        (timedelta(0), MarketStatus.CLOSED),
        (PAUSE, MarketStatus.RESOLVED),
    ],
)
def test_a_market_ends_and_is_settled_later(
    after_the_end: timedelta, status: MarketStatus
) -> None:
    reading = WORLD.read(FIRST, BEGINNING + LIVES[0] + after_the_end)
    assert reading is not None
    assert (reading.status, reading.quote is None) == (
        status,
        status is not MarketStatus.OPEN,
    )
    assert (reading.settlement is not None) == (status is MarketStatus.RESOLVED)


def test_bid_and_ask_stand_about_the_price_on_the_grid_of_ticks() -> None:
    for reading in list_open():
        quote = reading.quote
        assert quote is not None
        assert quote.bid is not None
        assert quote.ask is not None
        assert Decimal("0.001") <= quote.bid < quote.ask <= Decimal("0.999")
        assert quote.spread is not None
        assert TICK / 2 <= quote.spread <= 5 * TICK


def test_lines_of_one_event_are_crossed_in_order() -> None:
    prices = [price_of(one) for one in list_open()[:3]]
    assert prices == sorted(prices, reverse=True)


def test_prices_are_met_as_often_as_they_say() -> None:
    world, half = Simulation(seed=5, events=1), LIVES[0] / 2
    prices, payouts = [], []
    for number in range(400):
        begins = BEGINNING + number * LIVES[0]
        name = f"s5-e0-r{number}-l1"
        early = world.read(name, begins + half)
        late = world.read(name, begins + LIVES[0] + PAUSE)
        prices.append(price_of(early))
        payouts.append(payout_of(late))
    gap = np.array(payouts) - np.array(prices)
    # Four standard errors of a mean of 400, whatever the price says of the end.
    assert abs(gap.mean()) < 4 * gap.std() / 20
    assert np.corrcoef(prices, payouts)[0, 1] > 0.5


@pytest.mark.parametrize("name", ["s3-e0-r0-l9", "s3-e9-r0-l0", "nothing", ""])
def test_what_was_never_a_market_is_a_failure_of_its_own(name: str) -> None:
    gateway = SimulatedGateway(WORLD, clock=lambda: NOW)
    batch = asyncio.run(gateway.fetch_markets([FIRST, name]))
    assert set(batch.readings) == {FIRST}
    assert batch.failures == {name: "the simulation has no such market"}


def test_a_market_whose_time_has_not_come_is_not_there() -> None:
    assert WORLD.read("s3-e0-r0-l0", BEGINNING - timedelta(seconds=1)) is None
