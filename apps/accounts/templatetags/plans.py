"""Words and signs for where subscriptions and invoices stand."""

from __future__ import annotations

from django import template

register = template.Library()

# The classes of tags in the style sheet: each has a sign beside its colour.
_MARKS = {
    "active": "pass",
    "paid": "pass",
    "trialing": "running",
    "incomplete": "queued",
    "draft": "queued",
    "open": "stopped",
    "past_due": "stopped",
    "unpaid": "fail",
    "uncollectible": "fail",
    "canceled": "cancelled",
    "incomplete_expired": "cancelled",
    "paused": "cancelled",
    "void": "cancelled",
}
_ADVERBS = {"month": "monthly", "year": "yearly"}


@register.filter
def mark(status: str) -> str:
    """Return the class of a status's tag."""
    return _MARKS.get(status, "")


@register.filter
def adverb(interval: str) -> str:
    """Return how often something is paid."""
    return _ADVERBS.get(interval, interval)
