"""Questions of Manifold and markets of Kalshi, in the forms of their answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# 2026-09-01 and 2027-06-30, in milliseconds.
CREATED = 1_788_220_800_000
CLOSES = 1_814_313_600_000


@dataclass(slots=True)
class FakeManifold:
    """Questions by id."""

    questions: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, name: str, probability: float = 0.6, **fields: Any) -> dict[str, Any]:
        """Make an open question of yes or no."""
        self.questions[name] = {
            "id": name,
            "creatorId": "IPTOzEqrpkWmEzh6hwvAyY9PqFb2",
            "creatorUsername": "somebody",
            "createdTime": CREATED,
            "closeTime": CLOSES,
            "question": f"Will {name} happen?",
            "slug": f"will-{name}-happen",
            "url": f"https://manifold.markets/somebody/will-{name}-happen",
            "pool": {"NO": 110.5, "YES": 93.1},
            "probability": probability,
            "totalLiquidity": 1000,
            "outcomeType": "BINARY",
            "mechanism": "cpmm-1",
            "volume": 1290.55,
            "volume24Hours": 0,
            "isResolved": False,
            "textDescription": "It resolves by what credible sources report.",
            **fields,
        }
        return self.questions[name]

    def add_multiple(
        self, name: str, answers: Mapping[str, float], **fields: Any
    ) -> dict[str, Any]:
        """Make a question with answers, of which one comes true."""
        told = self.add(name, outcomeType="MULTIPLE_CHOICE", mechanism="cpmm-multi-1")
        del told["probability"]
        told["shouldAnswersSumToOne"] = True
        told["answers"] = [
            {"id": key, "text": key.capitalize(), "index": index, "probability": price}
            for index, (key, price) in enumerate(answers.items())
        ]
        told.update(fields)
        return told

    def search(self, params: Mapping[str, str]) -> list[dict[str, Any]]:
        """Answer `GET /search-markets`: no answers, no descriptions."""
        term = params.get("term", "").lower()
        start, limit = int(params.get("offset", 0)), int(params.get("limit", 100))
        found = [
            {k: v for k, v in told.items() if k not in {"answers", "textDescription"}}
            for told in self.questions.values()
            if term in told["question"].lower()
            and not (params.get("filter") == "open" and told["isResolved"])
        ]
        return found[start : start + min(limit, 100)]


@dataclass(slots=True)
class FakeKalshi:
    """Markets by ticker; those in `historical` have left the list of the living.

    `series` has what a series says beside the usual, or None where there is none, and
    `overrides` what an event says of its own fees.
    """

    markets: dict[str, dict[str, Any]] = field(default_factory=dict)
    series: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    overrides: dict[str, dict[str, Any]] = field(default_factory=dict)
    historical: set[str] = field(default_factory=set)
    exclusive: bool = True
    page: int = 2

    def add(
        self, ticker: str, bid: str = "0.5900", ask: str = "0.6100", **fields: Any
    ) -> None:
        """Make an active market; its event is the ticker without its last part."""
        self.markets[ticker] = {
            "ticker": ticker,
            "event_ticker": ticker.rpartition("-")[0] or ticker,
            "market_type": "binary",
            "title": "Who will be next?",
            "yes_sub_title": ticker.rpartition("-")[2].capitalize(),
            "no_sub_title": ticker.rpartition("-")[2].capitalize(),
            "open_time": "2026-09-01T00:40:00Z",
            "close_time": "2027-06-30T15:00:00Z",
            "expected_expiration_time": "2027-07-01T15:00:00Z",
            "status": "active",
            "result": "",
            "yes_bid_dollars": bid,
            "yes_ask_dollars": ask,
            "last_price_dollars": "0.6000",
            "liquidity_dollars": "0.0000",
            "volume_fp": "10160.15",
            "volume_24h_fp": "9825.50",
            "open_interest_fp": "6162.04",
            "price_ranges": [{"start": "0.0000", "end": "1.0000", "step": "0.0100"}],
            "rules_primary": "If it happens, then the market resolves to Yes.",
            "rules_secondary": "",
            **fields,
        }

    def find(self, params: Mapping[str, str], *, historical: bool) -> dict[str, Any]:
        """Answer `GET /markets` or `/historical/markets` for named tickers."""
        asked = [one for one in params.get("tickers", "").split(",") if one]
        found = [
            self.markets[one]
            for one in asked
            if one in self.markets and (one in self.historical) == historical
        ]
        return {"cursor": "", "markets": found}

    def events(self, params: Mapping[str, str]) -> dict[str, Any]:
        """Answer `GET /events` with the open markets nested."""
        grouped: dict[str, list[dict[str, Any]]] = {}
        for ticker, told in self.markets.items():
            if told["status"] == "active" and ticker not in self.historical:
                grouped.setdefault(told["event_ticker"], []).append(told)
        start = int(params.get("cursor") or 0)
        shown: Sequence[str] = list(grouped)[start : start + self.page]
        following = start + self.page
        return {
            "cursor": str(following) if following < len(grouped) else "",
            "events": [self._event(name, grouped[name]) for name in shown],
        }

    def _event(self, name: str, markets: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "event_ticker": name,
            "series_ticker": name.partition("-")[0],
            "title": "Who will be next?",
            "sub_title": "Before 2028",
            "mutually_exclusive": self.exclusive,
            "markets": markets,
            **self.overrides.get(name, {}),
        }

    def find_series(self, ticker: str) -> dict[str, Any] | None:
        """Answer `GET /series/{ticker}`."""
        own = self.series.get(ticker, {})
        if own is None:
            return None
        told = {
            "ticker": ticker,
            "title": "Who will be next?",
            "category": "World",
            "frequency": "custom",
            "fee_type": "quadratic",
            "fee_multiplier": 1,
            "tags": [],
            "last_updated_ts": "2026-05-19T00:00:19.599931Z",
            **own,
        }
        return {"series": told}
