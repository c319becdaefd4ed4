from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.accounts.cast import make_cast
from tests.billing.shop import Shop
from tests.fakes.stripe import FakeStripe, sell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django.fixtures import Settings


@pytest.fixture
def stripe() -> Iterator[FakeStripe]:
    """Stripe, with the prices of a fresh installation."""
    with FakeStripe() as fake:
        sell(fake)
        yield fake


@pytest.fixture
def configured(stripe: FakeStripe, settings: Settings) -> FakeStripe:
    """Stripe, and settings that lead there."""
    settings.STRIPE_SECRET_KEY = stripe.key
    settings.STRIPE_API_BASE = stripe.url
    settings.STRIPE_WEBHOOK_SECRETS = [stripe.secret]
    return stripe


@pytest.fixture
def shop(configured: FakeStripe, db: None) -> Shop:
    """The cast's workspace, and Stripe to sell it something."""
    return Shop(configured, make_cast())
