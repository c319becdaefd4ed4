"""How long work moves, told on standard error."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.core.management.base import OutputWrapper

BAR_WIDTH = 30
# How often to tell: a terminal's line may change a few times a second, a log grows.
LOOK_SECONDS, LINE_SECONDS = 0.2, 5.0
_CLEAR = "\r\x1b[2K"


class StatusLine:
    """One line that changes on a terminal, behind a bar; elsewhere lines, now and then.

    What is shown where `is_due` says so is neither too much nor too late.
    """

    def __init__(self, stderr: OutputWrapper) -> None:
        """Take the stream; whether it is a terminal decides the form."""
        self._stderr = stderr
        self._is_terminal = bool(stderr.isatty())
        self._told_at = float("-inf")
        self.is_open = False  # a line is there that may change

    def is_due(self) -> bool:
        """Say whether the last time is a while ago."""
        pause = LOOK_SECONDS if self._is_terminal else LINE_SECONDS
        return time.monotonic() - self._told_at >= pause

    def wait(self) -> None:
        """Let a while pass from now on until it is due."""
        self._told_at = time.monotonic()

    def show(self, text: str, done: float = 0, of: float | None = None) -> None:
        """Tell; without a whole, `of`, there is no bar."""
        self.wait()
        self.is_open = self._is_terminal
        if self._is_terminal:
            self._write(f"{_CLEAR}{draw_bar(done, of)}{text}")
        else:
            self._write(f"{text}\n")

    def end(self, text: str = "") -> None:
        """Put a last text in the place of the line that changes, or take it away."""
        before = _CLEAR if self.is_open else ""
        self.is_open = False
        if before or text:
            self._write(f"{before}{text}\n" if text else before)

    def _write(self, text: str) -> None:
        self._stderr.write(text, style_func=str, ending="")
        self._stderr.flush()


def draw_bar(done: float, of: float | None) -> str:
    """Return the share that is done as a bar; nothing where the whole is unknown."""
    if of is None:
        return ""
    filled = min(BAR_WIDTH, int(BAR_WIDTH * done / (of or 1)))
    return "[" + "#" * filled + "." * (BAR_WIDTH - filled) + "] "
