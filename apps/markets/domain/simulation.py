"""Simulated markets: a gauge wanders, and markets ask where it will end.

The gauge of an event is a Brownian motion W over the event's life of length 1. A market
asks whether it ends above a line c, so that its price, the probability given all that
happened until t, is exactly

    p(t) = Phi((W(t) - c) / sqrt(1 - t)),

a martingale that ends in 0 or 1: nothing beats it but luck. The lines of one event
share the gauge, as the answers of one event do. Every number follows from the seed,
the event and the moment, in whatever order and process they are asked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr

from apps.markets.domain.markets import (
    ONE,
    FeeSchedule,
    MarketReading,
    MarketStatus,
    QuoteReading,
    SettlementReading,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
SOURCE = "simulated"
# How long the gauge of each event wanders, in turn: some settle every day.
LIVES = tuple(timedelta(hours=hours) for hours in (6, 24, 72, 168, 336, 720))
LINES = (-0.7, 0.0, 0.7)
STEPS = 2_000  # of the gauge in a life
# Between the end and the settlement, as venues need to look.
PAUSE = timedelta(minutes=10)
TICK = Decimal("0.01")
_EDGE = Decimal("0.001")
_FEES = FeeSchedule(rate=Decimal("0.02"))
_ID = re.compile(r"s(\d{1,6})-e(\d{1,4})-r(\d{1,7})-l(\d)")


@dataclass(frozen=True, slots=True)
class Simulation:
    """Which world it is; `events` go on at any time."""

    seed: int = 1
    events: int = 8

    def list_open(self, now: datetime) -> Iterator[MarketReading]:
        """Yield what is open, event after event."""
        for event in range(self.events):
            number = _number_at(event, now)
            for line in range(len(LINES)):
                yield self._describe(_Market(event, number, line), now)

    def read(self, external_id: str, now: datetime) -> MarketReading | None:
        """Return a market as it stands, or None where there never was one."""
        found = _ID.fullmatch(external_id)
        if found is None or int(found[1]) != self.seed:
            return None
        market = _Market(int(found[2]), int(found[3]), int(found[4]))
        if market.event >= self.events or market.line >= len(LINES):
            return None
        return self._describe(market, now) if now >= market.opened_at else None

    def _describe(self, market: _Market, now: datetime) -> MarketReading:
        path = self._walk(market)
        status, step = market.stand(now)
        event = f"s{self.seed}-e{market.event}-r{market.number}"
        title = f"Simulated gauge {market.event + 1}, round {market.number}"
        return MarketReading(
            external_id=f"{event}-l{market.line}",
            question=f"{title}: will it end above {LINES[market.line]:+.1f}?",
            outcomes=("Yes", "No"),
            status=status,
            slug=f"simulated-{event}-l{market.line}",
            description="A simulation, not a market: nobody trades here.",
            event_id=event,
            event_title=title,
            opened_at=market.opened_at,
            ends_at=market.ends_at,
            closed_at=None if status is MarketStatus.OPEN else market.ends_at,
            tick_size=TICK,
            liquidity=Decimal(10_000),
            volume=Decimal(100 * step),
            fees=_FEES,
            quote=_quote(path[: step + 1], LINES[market.line], now)
            if status is MarketStatus.OPEN
            else None,
            settlement=_settle(path, market)
            if status is MarketStatus.RESOLVED
            else None,
        )

    def _walk(self, market: _Market) -> npt.NDArray[np.float64]:
        """Return the gauge at each step of its life; all lines share it."""
        rng = np.random.default_rng([self.seed, market.event, market.number])
        steps = rng.standard_normal(STEPS) / np.sqrt(STEPS)
        return np.concatenate(([0.0], np.cumsum(steps)))


@dataclass(frozen=True, slots=True)
class _Market:
    event: int
    number: int  # of the event's lives, one after the other
    line: int

    @property
    def opened_at(self) -> datetime:
        return BEGINNING + self.number * _life(self.event)

    @property
    def ends_at(self) -> datetime:
        return self.opened_at + _life(self.event)

    def stand(self, now: datetime) -> tuple[MarketStatus, int]:
        """Return the status, and the step that the gauge has come to."""
        if now >= self.ends_at + PAUSE:
            return MarketStatus.RESOLVED, STEPS
        if now >= self.ends_at:
            return MarketStatus.CLOSED, STEPS
        return MarketStatus.OPEN, int(
            (now - self.opened_at) / _life(self.event) * STEPS
        )


def _life(event: int) -> timedelta:
    return LIVES[event % len(LIVES)]


def _number_at(event: int, now: datetime) -> int:
    return max(0, (now - BEGINNING) // _life(event))


def _quote(path: npt.NDArray[np.float64], line: float, now: datetime) -> QuoteReading:
    """Quote about the price, a tick to each side and more where it is uncertain."""
    price = _price(path, line, len(path) - 1)
    half = Decimal("0.005") + Decimal("0.02") * price * (ONE - price)
    bid = max(_EDGE, (price - half).quantize(TICK, ROUND_FLOOR))
    ask = min(ONE - _EDGE, (price + half).quantize(TICK, ROUND_CEILING))
    return QuoteReading(
        observed_at=now,
        source=SOURCE,
        bid=bid,
        ask=ask,
        mid=(bid + ask) / 2,
        last=_price(path, line, max(0, len(path) - 2)).quantize(TICK),
        liquidity=Decimal(10_000),
    )


def _price(path: npt.NDArray[np.float64], line: float, step: int) -> Decimal:
    left = np.sqrt(1 - step / STEPS)
    return Decimal(str(round(float(ndtr((path[step] - line) / left)), 6)))


def _settle(path: npt.NDArray[np.float64], market: _Market) -> SettlementReading:
    above = bool(path[STEPS] > LINES[market.line])
    return SettlementReading(
        payout=Decimal(int(above)),
        is_void=False,
        rule="simulated_end",
        evidence={
            "gauge": str(round(float(path[STEPS]), 6)),
            "line": LINES[market.line],
        },
        settled_at=market.ends_at + PAUSE,
    )
