from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.ops.stack import Stack

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def running_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """All processes of the service, started once for the tests that kill them."""
    with Stack(tmp_path_factory.mktemp("stack")) as stack:
        yield stack


@pytest.fixture
def stack(running_stack: Stack) -> Stack:
    """The same, whole and ready whatever the test before has done to it."""
    running_stack.make_whole()
    return running_stack
