"""How a sync moves, told on standard error: one line that changes, else lines."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.core.management.base import OutputWrapper

BAR_WIDTH = 30
LINE_SECONDS = 5.0


class Progress:
    """Writes how many markets were listed, where that is news."""

    def __init__(self, stderr: OutputWrapper, *, limit: int | None) -> None:
        """Take the stream; whether it is a terminal decides the form."""
        self._stderr = stderr
        self._limit = limit
        self._is_terminal = bool(stderr.isatty())
        self._wrote = False
        self._told_at = float("-inf")

    def tell(self, venue: str, listed: int) -> None:
        """Say how far a venue is."""
        text = f"{venue}: {listed} markets"
        if self._is_terminal:
            self._write(f"\r\x1b[2K{draw_bar(listed, self._limit)}{text}")
        elif time.monotonic() - self._told_at > LINE_SECONDS:
            self._told_at = time.monotonic()
            self._write(f"{text}\n")

    def close(self) -> None:
        """Take the line that changes away."""
        if self._is_terminal and self._wrote:
            self._write("\r\x1b[2K")

    def _write(self, text: str) -> None:
        self._wrote = True
        self._stderr.write(text, style_func=str, ending="")
        self._stderr.flush()


def draw_bar(done: int, of: int | None) -> str:
    """Return the share that is done as a bar; nothing where the whole is unknown."""
    if of is None:
        return ""
    filled = min(BAR_WIDTH, BAR_WIDTH * done // max(of, 1))
    return "[" + "#" * filled + "." * (BAR_WIDTH - filled) + "] "
