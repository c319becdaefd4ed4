"""How a run moves, told on standard error: a bar on a terminal, else lines."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from apps.core.web.twins import decimal_text

if TYPE_CHECKING:
    from django.core.management.base import OutputWrapper

    from apps.benchmarks.selectors.runs import RunRow

BAR_WIDTH = 30
LINE_SECONDS = 5.0


class Progress:
    """Writes a run's progress where there is any."""

    def __init__(self, stderr: OutputWrapper) -> None:
        """Take the stream; whether it is a terminal decides the form."""
        self._stderr = stderr
        self._is_terminal = bool(stderr.isatty())
        self._last = ""
        self._told_at = float("-inf")

    def tell(self, run: RunRow) -> None:
        """Say how the run stands, where that is news."""
        text = describe(run)
        if text == self._last:
            return
        if self._is_terminal:
            self._write(f"\r\x1b[2K{draw_bar(run)} {text}")
        elif not run.is_active or time.monotonic() - self._told_at > LINE_SECONDS:
            self._told_at = time.monotonic()
            self._write(f"{text}\n")
        else:
            return
        self._last = text

    def close(self) -> None:
        """End the bar's line."""
        if self._is_terminal and self._last:
            self._write("\n")

    def _write(self, text: str) -> None:
        self._stderr.write(text, style_func=str, ending="")
        self._stderr.flush()


def describe(run: RunRow) -> str:
    """Return how a run stands in one line."""
    cost = "cost unknown" if run.cost is None else f"${decimal_text(run.cost)}"
    return (
        f"{run.status}: {run.done}/{run.samples} samples, {run.passed} passed, "
        f"{run.failed} failed, {run.unscored} unscored, {cost}"
    )


def draw_bar(run: RunRow) -> str:
    """Return the share that is done as a bar."""
    filled = BAR_WIDTH * run.done // max(run.samples, 1)
    return "[" + "#" * filled + "." * (BAR_WIDTH - filled) + "]"
