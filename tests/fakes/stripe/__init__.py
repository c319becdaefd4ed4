"""A small Stripe for tests."""

from __future__ import annotations

from tests.fakes.stripe.prices import sell
from tests.fakes.stripe.server import KEY, SECRET, FakeStripe, Fault

__all__ = ["KEY", "SECRET", "FakeStripe", "Fault", "sell"]
