"""What the market WebSocket of Polymarket says, event by event."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from apps.markets.domain.payloads import (
    PayloadError,
    parse_json,
    read_list,
    read_milliseconds,
    read_object,
    read_share,
    read_text,
)
from apps.markets.domain.quotes import Seen, make_quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from decimal import Decimal

    from apps.markets.domain.markets import QuoteReading

    Payload = Mapping[str, object]

SOURCE = "clob.stream"


@dataclass(frozen=True, slots=True)
class QuoteHint:
    """A new quote of a token."""

    token_id: str
    quote: QuoteReading


@dataclass(frozen=True, slots=True)
class ResolutionHint:
    """A market was said to be resolved: reason to ask for it, and no settlement."""

    condition_id: str
    token_ids: tuple[str, ...]
    winning_token_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class TickHint:
    """A token is traded in other steps now."""

    token_id: str
    tick_size: Decimal


Hint = QuoteHint | ResolutionHint | TickHint


@dataclass(slots=True)
class _Top:
    bid: Decimal | None = None
    ask: Decimal | None = None
    last: Decimal | None = None


@dataclass(slots=True)
class StreamReader:
    """Reads frames one after the other, and remembers the best of each book.

    A trade tells no sides and a change of sides tells no trade, so that a quote is
    made of the newest of both.
    """

    tops: dict[str, _Top] = field(default_factory=dict)

    def read(self, frame: str | bytes, *, now: datetime) -> list[Hint]:
        """Return what a frame says; it is an event, or an array of events.

        Events of other kinds say nothing. A quote is one of `now`: the time that a
        frame gives of a book is when it last changed, which may be days ago.

        Raises:
            PayloadError: it cannot be read.
        """
        try:
            told = parse_json(frame)
        except (ValueError, RecursionError) as error:
            raise PayloadError("the frame is not JSON") from error
        events = told if isinstance(told, list) else [told]
        hints: list[Hint] = []
        for event in events:
            hints.extend(self._read_event(read_object(event, "an event"), now))
        return hints

    def _read_event(self, raw: Payload, now: datetime) -> Iterator[Hint]:
        kind = read_text(raw, "event_type")
        if kind in {"book", "best_bid_ask", "last_trade_price"}:
            yield self._move(raw, now, kind)
        elif kind == "price_change":
            for change in read_list(raw, "price_changes"):
                part = read_object(change, "a price change")
                if "best_bid" in part or "best_ask" in part:
                    yield self._move(part, now, "best_bid_ask")
        elif kind == "market_resolved":
            yield _read_resolution(raw, now)
        elif kind == "tick_size_change":
            tick = read_share(raw, "new_tick_size")
            if tick is not None:
                yield TickHint(read_text(raw, "asset_id"), tick)

    def _move(self, raw: Payload, at: datetime, kind: str) -> QuoteHint:
        token = read_text(raw, "asset_id")
        if not token:
            raise PayloadError("asset_id is missing")
        top = self.tops.setdefault(token, _Top())
        if kind == "last_trade_price":
            top.last = read_share(raw, "price")
        elif kind == "book":
            top.bid, top.ask = _read_levels(raw)
            top.last = read_share(raw, "last_trade_price") or top.last
        else:
            top.bid = read_share(raw, "best_bid")
            top.ask = read_share(raw, "best_ask")
        sides = top.bid, top.ask
        return QuoteHint(
            token, make_quote(Seen(at), source=SOURCE, sides=sides, last=top.last)
        )


def _read_levels(raw: Payload) -> tuple[Decimal | None, Decimal | None]:
    bids, asks = (
        [
            price
            for level in read_list(raw, side)
            if (price := read_share(read_object(level, side), "price")) is not None
        ]
        for side in ("bids", "asks")
    )
    return max(bids, default=None), min(asks, default=None)


def _read_resolution(raw: Payload, now: datetime) -> ResolutionHint:
    tokens = [
        read_text({"assets_ids": one}, "assets_ids")
        for one in read_list(raw, "assets_ids")
    ]
    return ResolutionHint(
        condition_id=read_text(raw, "market"),
        token_ids=tuple(tokens),
        winning_token_id=read_text(raw, "winning_asset_id"),
        at=read_milliseconds(raw, "timestamp") or now,
    )
