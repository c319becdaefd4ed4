"""How a backtest moves, told on standard error: one line that changes, else lines."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from apps.markets.management.progress import BAR_WIDTH, LINE_SECONDS, draw_bar

if TYPE_CHECKING:
    from threading import Event

    from django.core.management.base import OutputWrapper

    from apps.predictions.pipelines.backtest_stage import Progress

LOOK_SECONDS = 0.2


class BacktestProgress:
    """Writes how far a backtest is, a few times a second at most, and ends it."""

    def __init__(self, stderr: OutputWrapper, interrupted: Event) -> None:
        """Take the stream, and what is set where somebody wants it to end."""
        self._stderr = stderr
        self._interrupted = interrupted
        self._is_terminal = bool(stderr.isatty())
        self._pause = LOOK_SECONDS if self._is_terminal else LINE_SECONDS
        self._told_at = time.monotonic()
        self._wrote = False

    def tell(self, moved: Progress) -> None:
        """Say how far it is, where the last time is a while ago.

        Raises:
            InterruptedError: it is to end.
        """
        text = (
            f"{moved.at:%Y-%m-%d %H:%M}: {moved.met}/{moved.predictions} predictions,"
            f" {moved.hours} hours looked at"
        )
        if self._interrupted.is_set():
            raise InterruptedError(f"interrupted at {text}")
        if time.monotonic() - self._told_at < self._pause:
            return
        self._told_at = time.monotonic()
        if self._is_terminal:
            bar = draw_bar(int(moved.share * BAR_WIDTH), BAR_WIDTH)
            self._write(f"\r\x1b[2K{bar}{text}")
        else:
            self._write(f"{moved.share:.0%}, {text}\n")

    def close(self) -> None:
        """Take the line that changes away."""
        if self._is_terminal and self._wrote:
            self._write("\r\x1b[2K")

    def _write(self, text: str) -> None:
        self._wrote = True
        self._stderr.write(text, style_func=str, ending="")
        self._stderr.flush()
