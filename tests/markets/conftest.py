from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fakes.venue_server import FakeVenues

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def venues() -> Iterator[FakeVenues]:
    """Every venue, without markets."""
    with FakeVenues() as served:
        yield served
