"""How a backtest moves, told on standard error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.core.status_line import StatusLine

if TYPE_CHECKING:
    from threading import Event

    from django.core.management.base import OutputWrapper

    from apps.predictions.pipelines.backtest_stage import Progress


class BacktestProgress:
    """Writes how far a backtest is, now and then, and ends it."""

    def __init__(self, stderr: OutputWrapper, interrupted: Event) -> None:
        """Take the stream, and what is set where somebody wants it to end."""
        self._interrupted = interrupted
        self._line = StatusLine(stderr)
        self._line.wait()

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
        if self._line.is_due():
            self._line.show(f"{moved.share:.0%}, {text}", moved.share, 1)

    def close(self) -> None:
        """Take the line that changes away."""
        self._line.end()
