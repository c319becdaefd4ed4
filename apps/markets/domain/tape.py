"""A tape: the recorded history of markets, packed, and read at any moment of it.

Times are milliseconds since 1970, prices whole units of 1e-8 and -1 where there is
none, so that what was recorded comes back digit by digit.
"""

from __future__ import annotations

import io
import json
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from apps.markets.domain.markets import (
    NO_FLAGS,
    FeeSchedule,
    MarketReading,
    MarketStatus,
    QuoteFlag,
    QuoteReading,
    SettlementReading,
)
from apps.markets.domain.quotes import Seen, make_quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy.typing as npt

SOURCE = "tape"
UNIT = 8  # decimal places that are kept
NONE = -1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
PRICES = ("bid", "ask", "last")


@dataclass(frozen=True, slots=True)
class TapeMarket:
    """What a tape says of a market beside its prices; `payout` is None if unknown.

    `ends_ms` is when its end was expected. The numbers of `fees` are texts: rate,
    exponent, and what a fee is rounded up to a multiple of.
    """

    market: str
    question: str
    outcomes: tuple[str, str] = ("Yes", "No")
    event: str = ""
    event_title: str = ""
    group: str = ""
    payout: str | None = None
    is_void: bool = False
    settled_ms: int | None = None
    ends_ms: int | None = None
    fees: tuple[str, str, str] | None = None


@dataclass(frozen=True, slots=True)
class Recording:
    """Every market with its entries, in order of market and then of time.

    The entries of market `i` are those from `starts[i]` up to `starts[i + 1]`. Each row
    of `prices` is bid, ask and last; `volume` is what was traded until then.
    """

    markets: tuple[TapeMarket, ...]
    starts: npt.NDArray[np.int64]
    times: npt.NDArray[np.int64]
    prices: npt.NDArray[np.int64]
    volume: npt.NDArray[np.float64]
    places: Mapping[str, int] = field(default_factory=dict)

    @property
    def begins_at(self) -> datetime:
        """Return the moment of the first entry."""
        return from_ms(int(self.times.min()))

    @property
    def ends_at(self) -> datetime:
        """Return the moment of the last entry."""
        return from_ms(int(self.times.max()))

    def span(self, place: int) -> tuple[int, int]:
        """Return the first and the last moment of a market."""
        first, after = self.starts[place], self.starts[place + 1]
        return int(self.times[first]), int(self.times[after - 1])

    @property
    def settles_by(self) -> datetime:
        """Return when the last market has settled, or the moment of the last entry."""
        settled = [one.settled_ms for one in self.markets if one.settled_ms is not None]
        return max([self.ends_at, *map(from_ms, settled)])

    def find(self, place: int, moment_ms: int) -> int | None:
        """Return the index of the market's last entry at or before a moment."""
        first, after = int(self.starts[place]), int(self.starts[place + 1])
        index = first + int(
            np.searchsorted(self.times[first:after], moment_ms, side="right")
        )
        return index - 1 if index > first else None


@dataclass(frozen=True, slots=True)
class Playback:
    """When the tape is played: from `started_at` on, `speed` times as fast."""

    recording: Recording
    started_at: datetime
    speed: float = 1.0

    def to_tape(self, now: datetime) -> int:
        """Return the moment of the tape that is played at `now`."""
        played = (now - self.started_at) * self.speed
        return to_ms(self.recording.begins_at) + played // _MILLISECOND

    def to_clock(self, moment_ms: int) -> datetime:
        """Return when a moment of the tape is played."""
        offset = moment_ms - to_ms(self.recording.begins_at)
        return self.started_at + offset / self.speed * _MILLISECOND

    def list_open(self, now: datetime) -> Iterator[MarketReading]:
        """Yield the markets that are open at `now`."""
        for market in self.recording.markets:
            reading = self.read(market.market, now)
            if reading is not None and reading.status is MarketStatus.OPEN:
                yield reading

    def read(self, name: str, now: datetime) -> MarketReading | None:
        """Return a market as it stood, or None before its first entry."""
        place = self.recording.places.get(name)
        if place is None:
            return None
        moment = self.to_tape(now)
        index = self.recording.find(place, moment)
        if index is None:
            return None
        market = self.recording.markets[place]
        begins, ends = self.recording.span(place)
        status = _stand(market, ends, moment)
        is_final = status in (MarketStatus.RESOLVED, MarketStatus.VOID)
        is_late = market.ends_ms is not None and market.ends_ms < moment
        return MarketReading(
            external_id=market.market,
            question=market.question,
            outcomes=market.outcomes,
            status=status,
            description="A recording that is replayed, not a market that trades now.",
            event_id=market.event,
            event_title=market.event_title,
            group_id=market.group,
            opened_at=self.to_clock(begins),
            # Its last entry tells when it ended, and not when that was expected.
            ends_at=self._expect_end(market),
            closed_at=None if status is MarketStatus.OPEN else self.to_clock(ends),
            volume=Decimal(str(round(float(self.recording.volume[index]), 6))),
            fees=_to_fees(market),
            quote=self._quote(index, QuoteFlag.PAST_END_DATE if is_late else NO_FLAGS),
            settlement=self._settle(market, ends) if is_final else None,
        )

    def _expect_end(self, market: TapeMarket) -> datetime | None:
        if market.ends_ms is None:
            return None
        try:
            return self.to_clock(market.ends_ms)
        except OverflowError:  # at this speed no calendar has it
            return None

    def _quote(self, index: int, flags: QuoteFlag) -> QuoteReading:
        bid, ask, last = (_to_price(unit) for unit in self.recording.prices[index])
        at = self.to_clock(int(self.recording.times[index]))
        if bid is None and ask is None and last is not None:
            # A recording of trades alone: no book was seen, so no side is missing.
            return QuoteReading(observed_at=at, source=SOURCE, last=last, flags=flags)
        sides = bid, ask
        return make_quote(Seen(at), source=SOURCE, sides=sides, last=last, flags=flags)

    def _settle(self, market: TapeMarket, ends: int) -> SettlementReading:
        settled = ends if market.settled_ms is None else market.settled_ms
        return SettlementReading(
            payout=None if market.payout is None else Decimal(market.payout),
            is_void=market.is_void,
            rule="tape_outcome",
            evidence={"payout": market.payout, "void": market.is_void},
            settled_at=self.to_clock(settled),
        )


def to_ms(moment: datetime) -> int:
    """Return a moment as a tape keeps it."""
    return (moment - _EPOCH) // _MILLISECOND


def from_ms(moment_ms: int) -> datetime:
    """Return a tape's moment."""
    return _EPOCH + moment_ms * _MILLISECOND


def with_fees(recording: Recording, fees: tuple[str, str, str]) -> Recording:
    """Give a schedule of fees to the markets of which the recording tells none."""
    told = (
        market if market.fees is not None else replace(market, fees=fees)
        for market in recording.markets
    )
    return replace(recording, markets=tuple(told))


def pack(recording: Recording) -> bytes:
    """Return a recording as bytes, compressed."""
    told = json.dumps([_to_plain(market) for market in recording.markets])
    held = io.BytesIO()
    np.savez_compressed(
        held,
        markets=np.frombuffer(told.encode(), dtype=np.uint8),
        starts=recording.starts,
        times=recording.times,
        prices=recording.prices,
        volume=recording.volume,
    )
    return held.getvalue()


def unpack(content: bytes) -> Recording:
    """Return what `pack` packed."""
    with np.load(io.BytesIO(content), allow_pickle=False) as held:
        told = json.loads(held["markets"].tobytes().decode())
        markets = tuple(
            TapeMarket(**{name: _freeze(value) for name, value in market.items()})
            for market in told
        )
        return Recording(
            markets,
            held["starts"],
            held["times"],
            held["prices"],
            held["volume"],
            {market.market: place for place, market in enumerate(markets)},
        )


def _to_plain(market: TapeMarket) -> dict[str, object]:
    """Return a market for JSON, in which columns that came later stand where told.

    So a file that has none of them is packed as it always was, and is the same tape.
    """
    told = asdict(market)
    late = ("ends_ms", "fees")
    return {
        name: value
        for name, value in told.items()
        if name not in late or value is not None
    }


def _freeze(value: object) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _to_fees(market: TapeMarket) -> FeeSchedule | None:
    if market.fees is None:
        return None
    rate, exponent, rounds_up_to = map(Decimal, market.fees)
    return FeeSchedule(rate, exponent, rounds_up_to=rounds_up_to)


def _stand(market: TapeMarket, ends: int, moment: int) -> MarketStatus:
    if moment <= ends:
        return MarketStatus.OPEN
    settled = ends if market.settled_ms is None else market.settled_ms
    is_known = market.payout is not None or market.is_void
    if not is_known or moment < settled:
        return MarketStatus.CLOSED
    return MarketStatus.VOID if market.is_void else MarketStatus.RESOLVED


def _to_price(unit: np.int64) -> Decimal | None:
    return None if unit == NONE else Decimal(int(unit)).scaleb(-UNIT)
