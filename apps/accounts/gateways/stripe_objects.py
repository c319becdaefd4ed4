"""Stripe's objects, read into frozen rows.

Shapes of API version 2026-10-28: the period of a subscription is on its item, and an
invoice names its subscription through its parent.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from apps.accounts.domain.billing import (
    SeenCheckout,
    SeenCustomer,
    SeenEvent,
    SeenInvoice,
    SeenPrice,
    SeenSubscription,
)

# The names of what we leave at Stripe's objects.
WORKSPACE = "assay_workspace"
TIER = "assay_tier"
PRICE = "assay_price"
# Currencies whose smallest unit is the unit itself.
_WHOLE = frozenset(
    {"bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd"}
    | {"vuv", "xaf", "xof", "xpf"}
)
_OPEN = "open"


def price(found: Any) -> SeenPrice:
    """Read a price."""
    return _price(_plain(found))


def customer(found: Any) -> SeenCustomer:
    """Read a customer, which may have been deleted."""
    one = _plain(found)
    return SeenCustomer(
        id=one["id"],
        email=one.get("email") or "",
        workspace=(one.get("metadata") or {}).get(WORKSPACE, ""),
        is_deleted=bool(one.get("deleted")),
    )


def subscription(found: Any) -> SeenSubscription:
    """Read a subscription by its first item."""
    one = _plain(found)
    items = one["items"]["data"]
    item, invoice_ = items[0], one.get("latest_invoice")
    unpaid_since = None
    if isinstance(invoice_, dict) and invoice_["status"] == _OPEN:
        unpaid_since = _time(invoice_["created"])
    return SeenSubscription(
        id=one["id"],
        customer_id=_id(one["customer"]),
        status=one["status"],
        item_id=item["id"],
        price=_price(item["price"]),
        tier=(one.get("metadata") or {}).get(TIER, ""),
        started_at=_time(one["start_date"]),
        current_period_end=_time(item["current_period_end"]),
        items=len(items),
        trial_ends_at=_maybe_time(one["trial_end"]),
        ends_at=_maybe_time(one["cancel_at"]),
        cancel_at_period_end=one["cancel_at_period_end"],
        ended_at=_maybe_time(one["ended_at"]),
        unpaid_since=unpaid_since,
    )


def invoice(found: Any) -> SeenInvoice:
    """Read an invoice."""
    one = _plain(found)
    parent = (one.get("parent") or {}).get("subscription_details") or {}
    currency = one["currency"]
    return SeenInvoice(
        id=one["id"],
        customer_id=_id(one["customer"]),
        subscription_id=_id(parent.get("subscription")),
        number=one["number"] or "",
        status=one["status"] or "",
        currency=currency,
        total=_money(one["total"], currency),
        amount_due=_money(one["amount_due"], currency),
        amount_paid=_money(one["amount_paid"], currency),
        created_at=_time(one["created"]),
        page_url=one["hosted_invoice_url"] or "",
        pdf_url=one["invoice_pdf"] or "",
    )


def checkout(found: Any) -> SeenCheckout:
    """Read a Checkout Session; the price is the one that we noted at it."""
    one = _plain(found)
    return SeenCheckout(
        id=one["id"],
        status=one["status"],
        url=(one["url"] or "") if one["status"] == _OPEN else "",
        customer_id=_id(one["customer"]),
        price_id=(one.get("metadata") or {}).get(PRICE, ""),
    )


def event(one: dict[str, Any]) -> SeenEvent:
    """Read which objects an event is about; nothing else in it is believed.

    Raises:
        KeyError, TypeError, ValueError: it is no event.
    """
    about = one["data"]["object"]
    if one["object"] != "event" or not isinstance(about, dict):
        raise ValueError("not an event")
    kind = about.get("object")
    parent = (about.get("parent") or {}).get("subscription_details") or {}
    named = about.get("subscription") or parent.get("subscription")
    return SeenEvent(
        id=_text(one["id"]),
        kind=_text(one["type"]),
        created_at=_time(one["created"]),
        object_id=_text(about.get("id") or ""),
        customer_id=_id(about["id"] if kind == "customer" else about.get("customer")),
        subscription_id=_id(about["id"] if kind == "subscription" else named),
    )


def to_minor(amount: Decimal | None, currency: str) -> int:
    """Return money in the currency's smallest unit, as Stripe counts it."""
    return int((amount or Decimal(0)) * _factor(currency))


def _price(one: dict[str, Any]) -> SeenPrice:
    recurring = one.get("recurring") or {}
    amount, currency = one.get("unit_amount"), one["currency"]
    # Every other month, say, is an interval that no tier has.
    counted = recurring.get("interval_count", 1) == 1
    return SeenPrice(
        id=one["id"],
        lookup_key=one.get("lookup_key") or "",
        amount=None if amount is None else _money(amount, currency),
        currency=currency,
        interval=recurring.get("interval", "") if counted else "",
        tier=(one.get("metadata") or {}).get(TIER, ""),
    )


def _plain(found: Any) -> dict[str, Any]:
    plain: dict[str, Any] = found if isinstance(found, dict) else found.to_dict()
    return plain


def _id(found: Any) -> str:
    """Return the id of an object, which may stand for itself or be written out."""
    return _text((found.get("id") if isinstance(found, dict) else found) or "")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("an id is a text")
    return value


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _maybe_time(seconds: int | None) -> datetime | None:
    return None if seconds is None else _time(seconds)


def _money(minor: int, currency: str) -> Decimal:
    return Decimal(minor) / _factor(currency)


def _factor(currency: str) -> int:
    return 1 if currency in _WHOLE else 100
