"""`manage.py up` as a user starts it: from nothing to a leaderboard, and away."""

from __future__ import annotations

import json
import signal
import urllib.error
import urllib.request
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from tests.servers.cast import Program, wait_until
from tests.servers.test_supervisor import opened_url

if TYPE_CHECKING:
    from apps.core.servers.layout import Layout

pytestmark = [pytest.mark.llm, pytest.mark.timeout(180)]
# A user has none of what the tests set for themselves.
AS_A_USER = {"ASSAY_TASKS_EAGER": "0", "SECRET_KEY": "", "ASSAY_TEST_DATABASE_URL": ""}


def read(address: str) -> dict[str, Any]:
    """Return the document at an address, empty while nothing good answers."""
    try:
        with urllib.request.urlopen(address, timeout=20) as answer:
            document: dict[str, Any] = json.load(answer)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return {}
    return document


def processes_of(layout: Layout) -> list[str]:
    """Return the command lines of all that was started for this installation."""
    mark = f"ASSAY_VAR={layout.var}\0".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (process / "environ").read_bytes() + b"\0":
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:  # it has ended meanwhile
            continue
    return found


def graded(board: dict[str, Any]) -> int:
    """Return how many of a leaderboard's samples have a verdict."""
    rows = board.get("rows", [])
    return sum(row["samples"] - row["unscored"] for row in rows)


def test_one_command_starts_measures_and_leaves_nothing_behind(
    empty_layout: Layout,
) -> None:
    with Program(empty_layout, "manage.py", "up", "--port", "0", env=AS_A_USER) as up:
        home = opened_url(up)
        Thread(target=up.process.stdout.read, daemon=True).start()  # type: ignore[union-attr]
        wait_until(
            lambda: read(f"{home}/readyz").get("status") == "ready", 150, pause=1
        )
        board = f"{home}/leaderboard/starter.json"
        wait_until(lambda: graded(read(board)), 150, pause=1)
        assert len(processes_of(empty_layout)) > 5
        up.send(signal.SIGINT)
        assert up.process.wait(timeout=60) == 0
    wait_until(lambda: not processes_of(empty_layout), 30)
