from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from apps.core.servers.layout import Layout
from tests.embedded import new_folder
from tests.servers.cast import is_stopped, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def fresh_cluster() -> Iterator[Path]:
    """A new cluster to copy, since `initdb` takes most of a test's time."""
    folder = new_folder()
    layout = Layout(folder)
    layout.make()
    layout.postgres().prepare()
    yield layout.postgres().data
    shutil.rmtree(folder)


@pytest.fixture
def empty_layout() -> Iterator[Layout]:
    """An installation that has never been started."""
    folder = new_folder()
    layout = Layout(folder)
    layout.make()
    yield layout
    for name in ("postgres", "valkey"):
        wait_until(lambda name=name: is_stopped(layout, name))  # type: ignore[misc]
    shutil.rmtree(folder)


@pytest.fixture
def layout(empty_layout: Layout, fresh_cluster: Path) -> Layout:
    """An installation that has a cluster and is not running."""
    target = empty_layout.postgres().data
    subprocess.run(["/bin/cp", "-a", fresh_cluster, target], check=True)
    return empty_layout
