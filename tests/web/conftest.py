from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.web.server import RunningServer, serve

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def server(transactional_db: None) -> Iterator[RunningServer]:
    """The application over HTTP; its threads see committed rows only."""
    with serve() as running:
        yield running
