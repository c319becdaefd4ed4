from __future__ import annotations

import io
import os
import pty
import re

import pytest

from apps.core.servers.backoff import Backoff
from apps.core.servers.progress import Progress
from tests.servers.cast import wait_until

HALF_A_BAR = r"Make tea ████████████░░░░░░░░░░░░ [1-9]\d* s"


class Plain(io.StringIO):
    """A stream of a log: no terminal, and it takes any sign."""

    encoding = "utf-8"


def test_a_short_step_is_one_line_with_its_time() -> None:
    stream = Plain()
    with Progress(stream).step("Make tea") as step:
        step.note = "green"
    assert re.fullmatch(r"✓ Make tea: green \(0\.\d s\)\n", stream.getvalue())


def test_a_long_step_is_announced_where_nothing_can_be_redrawn() -> None:
    stream = Plain()
    with Progress(stream).step("Make tea"):
        wait_until(stream.getvalue, 60)
    first, last = stream.getvalue().splitlines()
    assert first == "… Make tea"
    assert re.fullmatch(r"✓ Make tea \([1-9]\d*\.\d s\)", last)


def test_a_failed_step_is_marked() -> None:
    stream = Plain()
    with pytest.raises(ValueError, match="spilt"), Progress(stream).step("Make tea"):
        raise ValueError("spilt")
    assert stream.getvalue().startswith("✗ Make tea (")


def test_a_stream_without_unicode_gets_plain_signs() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    with Progress(stream).step("Make tea"):
        pass
    stream.seek(0)
    assert stream.read().startswith("+ Make tea (")


def test_a_terminal_shows_a_bar_while_a_step_runs() -> None:
    reading, writing = pty.openpty()
    with (
        os.fdopen(writing, "w", encoding="utf-8") as terminal,
        Progress(terminal).step("Make tea") as step,
    ):
        step.fraction = 0.5
        shown = b""
        # Ends with the bar, or with the time that a test may take.
        while not re.search(HALF_A_BAR.encode(), shown):
            shown += os.read(reading, 65536)
    os.close(reading)


def test_waits_double_up_to_half_a_minute() -> None:
    backoff = Backoff()
    waits = [backoff.seconds_after(1.0) for _ in range(9)]
    assert waits == [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]


def test_a_steady_run_makes_earlier_deaths_old_news() -> None:
    backoff = Backoff()
    assert [backoff.seconds_after(run) for run in (1, 1, 60, 1)] == [
        0.25,
        0.5,
        0.25,
        0.5,
    ]
