from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fakes.stripe import FakeStripe, sell

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def stripe() -> Iterator[FakeStripe]:
    """Stripe, with the prices of a fresh installation."""
    with FakeStripe() as fake:
        sell(fake)
        yield fake
