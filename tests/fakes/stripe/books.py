"""Everything that the account holds: objects by id, clocks and what happened."""

from __future__ import annotations

import calendar
import copy
import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.fakes.stripe import shapes
from tests.fakes.stripe.refusals import no_such

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.fakes.stripe.shapes import Object

API_VERSION = "2026-10-28.endive"
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_PREFIXES = {
    "customer": "cus",
    "product": "prod",
    "price": "price",
    "coupon": "coupon",
    "promotion_code": "promo",
    "checkout.session": "cs_test",
    "billing_portal.session": "bps",
    "subscription": "sub",
    "subscription_item": "si",
    "invoice": "in",
    "line_item": "il",
    "event": "evt",
    "test_helpers.test_clock": "clock",
    "webhook_endpoint": "we",
    "payment_method": "pm",
}
# What answers call them.
_WORDS = {
    "promotion_code": "promotion code",
    "checkout.session": "checkout.session",
    "test_helpers.test_clock": "test clock",
    "webhook_endpoint": "webhook endpoint",
}


@dataclass
class Books:
    """The account. Times are seconds since 1970; `ahead` moves the whole world."""

    tax_percent: int = 0
    ahead: int = 0
    url: str = ""
    idempotency_key: str | None = None
    kept: dict[str, dict[str, Object]] = field(default_factory=dict)
    events: list[Object] = field(default_factory=list)
    pending_lines: dict[str, list[Object]] = field(default_factory=dict)
    # Customers whose next charges fail.
    declining: set[str] = field(default_factory=set)
    # The time at which a step of `advance` happens, while it happens.
    at: int | None = None

    def now(self, customer: Object | None = None) -> int:
        """Return the time of a customer, which a test clock may hold."""
        if self.at is not None:
            return self.at
        if customer is not None and customer["test_clock"]:
            clock = self.get("test_helpers.test_clock", customer["test_clock"])
            return int(clock["frozen_time"])
        return int(time.time()) + self.ahead

    def new_id(self, kind: str) -> str:
        length = 56 if kind == "checkout.session" else 24
        text = "".join(secrets.choice(_ALPHABET) for _ in range(length))
        return f"{_PREFIXES[kind]}_{text}"

    def keep(self, kept: Object) -> Object:
        self.kept.setdefault(kept["object"], {})[kept["id"]] = kept
        return kept

    def get(
        self, kind: str, name: str, param: str = "id", *, status: int = 404
    ) -> Object:
        """Return an object, or refuse as for one of another account."""
        found = self.kept.get(kind, {}).get(name)
        if found is None:
            raise no_such(_WORDS.get(kind, kind), name, param, status=status)
        return found

    def customer(self, name: str, param: str = "customer") -> Object:
        """Return a customer that has not been deleted."""
        found = self.get("customer", name, param, status=400)
        if found.get("deleted"):
            raise no_such("customer", name, param, status=400)
        return found

    def all(self, kind: str) -> list[Object]:
        """Return the objects of a kind, the newest first."""
        return list(reversed(self.kept.get(kind, {}).values()))

    def tell(self, kind: str, about: Object) -> Object:
        """Note that something happened, with the object as it is now."""
        made = shapes.event(
            self.new_id("event"),
            self.now(),
            kind,
            api_version=API_VERSION,
            data=copy.deepcopy(about),
            idempotency_key=self.idempotency_key,
        )
        self.events.append(made)
        return self.keep(made)

    def subscriptions_of(self, customer_id: str) -> Iterator[Object]:
        for one in self.all("subscription"):
            if one["customer"] == customer_id:
                yield one


def page(items: Iterable[Object], url: str, query: dict[str, Any]) -> Object:
    """Return one page of a listing, as `limit` and `starting_after` ask."""
    rows = list(items)
    after = query.get("starting_after")
    if after is not None:
        names = [row["id"] for row in rows]
        if after not in names:
            raise no_such("object", after, "starting_after", status=400)
        rows = rows[names.index(after) + 1 :]
    limit = min(100, max(1, query.get("limit", 10)))
    return shapes.listing(rows[:limit], url, has_more=len(rows) > limit)


def add_interval(moment: int, interval: str, count: int = 1) -> int:
    """Return the same day of a later month or year, or the last day that it has."""
    start = datetime.fromtimestamp(moment, UTC)
    if interval in {"day", "week"}:
        return moment + count * shapes.DAY * (7 if interval == "week" else 1)
    months = start.month - 1 + count * (12 if interval == "year" else 1)
    year, month = start.year + months // 12, months % 12 + 1
    day = min(start.day, calendar.monthrange(year, month)[1])
    return int(start.replace(year=year, month=month, day=day).timestamp())
