"""Markets of Polymarket as Gamma, the order book and the Data API tell of them.

Each market is made of a number, so that tens of thousands cost nothing to describe;
its answer is encoded once and joined from then on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

PAGE = 100
_RULES = (
    'This market will resolve to "Yes" if what its title says happens before the '
    "date that it names, by the time of Greenwich. Otherwise it will resolve to "
    '"No". The source of resolution is a consensus of credible reporting. '
)
_TICK = Decimal("0.01")


@dataclass(slots=True)
class FakeMarket:
    """One market; what is None is left out of the answers, as Gamma does."""

    number: int
    question: str = ""
    bid: str | None = "0.59"
    ask: str | None = "0.61"
    last: str = "0.6"
    liquidity: float = 20_000.0
    closed: bool = False
    prices: Sequence[str] | None = None  # outcomePrices; by default the middle
    uma: str | None = None
    winners: tuple[bool, bool] = (False, False)
    resolution: Mapping[str, Any] | None = None  # a row of the Data API
    event: int | None = None  # markets of one number share an event
    neg_risk: bool = False
    fees: Mapping[str, Any] | None = None
    end_date: str = "2027-06-30T00:00:00Z"
    in_clob: bool = True
    extra: dict[str, Any] = field(default_factory=dict)  # put over all fields
    encoded: bytes | None = None
    encoded_book: bytes | None = None

    @property
    def condition_id(self) -> str:
        return f"0x{self.number:064x}"

    @property
    def tokens(self) -> tuple[str, str]:
        first = 10**70 + 2 * self.number
        return str(first), str(first + 1)

    @property
    def title(self) -> str:
        return self.question or f"Will thing {self.number} happen?"

    def middle(self) -> Decimal | None:
        """The middle; with no bid the half of the ask, which is what Gamma prints."""
        if self.ask is None:
            return None
        return (Decimal(self.bid or 0) + Decimal(self.ask)) / 2

    def outcome_prices(self) -> list[str] | None:
        if self.prices is not None:
            return list(self.prices)
        middle = self.middle()
        return None if middle is None else [str(middle), str(1 - middle)]

    def gamma(self) -> dict[str, Any]:
        """Everything that Gamma says of the market, in its forms."""
        prices = self.outcome_prices()
        told: dict[str, Any] = {
            "id": str(self.number),
            "question": self.title,
            "conditionId": self.condition_id,
            "slug": f"thing-{self.number}",
            "resolutionSource": "",
            "startDate": "2026-09-01T18:24:05.41Z",
            "endDate": self.end_date,
            "description": _RULES * 3,
            "outcomes": '["Yes", "No"]',
            "clobTokenIds": json.dumps(self.tokens),
            "active": True,
            "closed": self.closed,
            "createdAt": "2026-09-01T16:00:00.1Z",
            "updatedAt": "2026-11-24T10:00:00.358484Z",
            "enableOrderBook": True,
            "orderPriceMinTickSize": 0.01,
            "orderMinSize": 5,
            "liquidity": str(self.liquidity),
            "liquidityNum": self.liquidity,
            "volume": "192817.4904490008",
            "volumeNum": 192817.4904490008,
            "volume24hr": 9.999997,
            "acceptingOrders": not self.closed,
            "negRisk": self.neg_risk,
            "events": [self._event()],
            "umaBond": "500",
            "umaReward": "5",
            "umaResolutionStatuses": "[]",
            "lastTradePrice": float(self.last),
            "feesEnabled": self.fees is not None,
            "feeType": None,
        }
        if prices is not None:
            told["outcomePrices"] = json.dumps(prices)
        told |= self._optional()
        return told | self.extra

    def _optional(self) -> dict[str, Any]:
        told: dict[str, Any] = {}
        if self.bid is not None:
            told["bestBid"] = float(self.bid)
        if self.ask is not None:
            told["bestAsk"] = float(self.ask)
        if self.closed:
            told["closedTime"] = "2026-11-20 23:20:15+00"
        if self.uma is not None:
            told["umaResolutionStatus"] = self.uma
        if self.neg_risk:
            told["negRiskMarketID"] = f"0x{self.event or 0:062x}00"
        if self.fees is not None:
            told["feeSchedule"] = self.fees
        return told

    def _event(self) -> dict[str, Any]:
        number = self.number if self.event is None else self.event
        return {
            "id": str(700_000 + number),
            "slug": f"event-{number}",
            "title": f"Event {number}",
            "negRisk": self.neg_risk,
        }

    def clob(self) -> dict[str, Any]:
        """What the order book's `GET /markets/{condition_id}` says."""
        prices = self.outcome_prices() or ["0", "0"]
        return {
            "condition_id": self.condition_id,
            "question": self.title,
            "active": True,
            "closed": self.closed,
            "accepting_orders": not self.closed,
            "is_50_50_outcome": False,
            "minimum_tick_size": 0.01,
            "tokens": [
                {
                    "token_id": token,
                    "outcome": name,
                    "price": float(price),
                    "winner": won,
                }
                for token, name, price, won in zip(
                    self.tokens, ("Yes", "No"), prices, self.winners, strict=True
                )
            ],
        }

    def book(self) -> dict[str, Any]:
        """Return the book of the first token: bids rise, and asks come worst first."""
        bids, asks = [], []
        if self.bid is not None:
            best = Decimal(self.bid)
            prices = [best - _TICK * n for n in (2, 1, 0)]
            bids = [{"price": str(p), "size": "100"} for p in prices if p > 0]
        if self.ask is not None:
            best = Decimal(self.ask)
            prices = [best + _TICK * n for n in (2, 1, 0)]
            asks = [{"price": str(p), "size": "80.5"} for p in prices if p < 1]
        return {
            "market": self.condition_id,
            "asset_id": self.tokens[0],
            "timestamp": "1795514400000",
            "hash": "2dd051998b01230eba67",
            "bids": bids,
            "asks": asks,
            "min_order_size": "5",
            "tick_size": "0.01",
            "neg_risk": self.neg_risk,
            "last_trade_price": self.last,
        }

    def encode(self) -> bytes:
        if self.encoded is None:
            self.encoded = json.dumps(self.gamma()).encode()
        return self.encoded

    def encode_book(self) -> bytes:
        if self.encoded_book is None:
            self.encoded_book = json.dumps(self.book()).encode()
        return self.encoded_book


def make_resolution(
    condition_id: str, status: str = "resolved", **fields: Any
) -> dict[str, Any]:
    """Return a row of the Data API's resolutions, as it is documented by condition."""
    return {
        "question_id": f"0x{7:064x}",
        "condition_id": condition_id,
        "status": status,
        "extended_review": False,
        "was_disputed": False,
        "new_version_q": True,
        "proposed_price": "69",
        "reproposed_price": "69",
        "price": "69",
        "transaction_hash": "0x1fc7a1df48dcac15859af515ebd77183",
        "log_index": "170",
        "last_update_timestamp": "1795514400",
        **fields,
    }


@dataclass(slots=True)
class FakePolymarket:
    """The markets, and what the three services answer about them."""

    markets: dict[str, FakeMarket] = field(default_factory=dict)
    by_token: dict[str, FakeMarket] = field(default_factory=dict)

    def add(self, number: int, **fields: Any) -> FakeMarket:
        market = FakeMarket(number, **fields)
        self.markets[market.condition_id] = market
        self.by_token |= dict.fromkeys(market.tokens, market)
        return market

    def add_many(self, count: int) -> None:
        """Make so many open markets at prices between 5 and 95 cents."""
        for number in range(1, count + 1):
            cents = 5 + number * 7919 % 91
            self.add(
                number,
                bid=f"0.{cents - 1:02d}",
                ask=f"0.{cents + 1:02d}",
                last=f"0.{cents:02d}",
                liquidity=float(1000 + number),
            )

    def change(self, condition_id: str, **fields: Any) -> FakeMarket:
        """Give a market other fields; what was encoded of it is forgotten."""
        market = self.markets[condition_id]
        for name, value in fields.items():
            setattr(market, name, value)
        market.encoded = market.encoded_book = None
        return market

    def move_all(self, seed: int) -> None:
        """Have every price stay or move by one tick."""
        draw = Random(seed)  # noqa: S311
        for name, market in self.markets.items():
            step = draw.choice((-1, 0, 0, 1)) * _TICK
            if step and market.bid and market.ask and not market.closed:
                bid, ask = Decimal(market.bid) + step, Decimal(market.ask) + step
                if bid > 0 and ask < 1:
                    self.change(name, bid=str(bid), ask=str(ask))

    def page(self, asked: Sequence[tuple[str, str]]) -> tuple[int, bytes]:
        """Answer `GET /markets/keyset`: closed ones only where they are asked for."""
        params = dict(asked)
        names = [value for name, value in asked if name == "condition_ids"]
        if "offset" in params or len(names) > PAGE:
            return 422, b'{"type":"validation error","error":"use /markets/keyset"}'
        limit = min(int(params.get("limit", 20)), PAGE)
        start = int(params.get("after_cursor") or 0)
        is_closed = params.get("closed", "false") == "true"
        found = [m for m in self._choose(names, params) if m.closed == is_closed]
        shown = found[start : start + limit]
        body = b'{"markets":[' + b",".join(m.encode() for m in shown) + b"]"
        if start + limit < len(found):
            body += f',"next_cursor":"{start + limit}"'.encode()
        return 200, body + b"}"

    def _choose(
        self, names: Sequence[str], params: Mapping[str, str]
    ) -> Iterable[FakeMarket]:
        if names:
            return [self.markets[name] for name in names if name in self.markets]
        everything = list(self.markets.values())
        if params.get("order") == "liquidityNum":  # under another name it is ignored
            rising = params.get("ascending", "true") == "true"
            everything.sort(key=lambda m: m.liquidity, reverse=not rising)
        return everything

    def search(self, query: str, page: int, per_page: int) -> dict[str, Any]:
        """Answer `GET /public-search` with active events and their markets."""
        found = [
            m
            for m in self.markets.values()
            if query.lower() in m.title.lower() and not m.closed
        ]
        shown = found[(page - 1) * per_page : page * per_page]
        events = []
        for market in shown:
            told = market.gamma()
            (event,) = told.pop("events")
            events.append({**event, "markets": [told]})
        more = page * per_page < len(found)
        return {
            "events": events,
            "pagination": {"hasMore": more, "totalResults": len(found)},
        }

    def books(self, asked: Sequence[Mapping[str, str]]) -> bytes:
        found = self._first_tokens(asked)
        return b"[" + b",".join(market.encode_book() for market in found) + b"]"

    def midpoints(self, asked: Sequence[Mapping[str, str]]) -> dict[str, str]:
        return {
            market.tokens[0]: str(market.middle())
            for market in self._first_tokens(asked)
            if market.bid and market.ask
        }

    def resolutions(self, names: Sequence[str]) -> dict[str, Any]:
        known = [self.markets[name] for name in names if name in self.markets]
        return {"data": [m.resolution for m in known if m.resolution is not None]}

    def _first_tokens(self, asked: Sequence[Mapping[str, str]]) -> list[FakeMarket]:
        found = (self.by_token.get(one["token_id"]) for one in asked)
        return [market for market in found if market is not None and market.in_clob]
