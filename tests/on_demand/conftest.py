"""A workspace that may run, a provider that it has a key for, and who belongs to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.accounts.cast import Cast, make_cast
from tests.engine.cast import provider
from tests.on_demand.cast import entitle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fakes.llm_server import FakeLLM


@pytest.fixture
def team(db: None) -> Cast:
    """The cast, whose workspace may run on demand."""
    cast = make_cast()
    entitle(cast.workspace.id)
    return cast


@pytest.fixture
def upstream() -> Iterator[FakeLLM]:
    """A provider that answers the tasks of the engine's cast."""
    with provider() as server:
        yield server
