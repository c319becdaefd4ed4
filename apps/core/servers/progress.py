"""One line a step: what it is, how far it is, and how long it took.

Plain standard library: it also runs before anything is installed.
"""

from __future__ import annotations

import sys
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

# A step that is over sooner is told by its closing line alone.
QUIET_SECONDS = 1.0
REDRAW_SECONDS = 0.1
BAR_WIDTH = 24
CLEAR_LINE = "\r\x1b[2K"


class Step:
    """A step under way."""

    def __init__(self, label: str) -> None:
        """Begin now."""
        self.label = label
        self.note = ""
        self.fraction: float | None = None
        self._began = time.monotonic()

    def seconds(self) -> float:
        """Return how long it has run."""
        return time.monotonic() - self._began


class Progress:
    """Writes steps to a stream: redrawn on a terminal, plain lines elsewhere."""

    def __init__(self, stream: TextIO | None = None) -> None:
        """Write to `stream`, or to standard output."""
        self._stream = stream or sys.stdout
        self._drawn = self._stream.isatty()
        encoding = (getattr(self._stream, "encoding", "") or "ascii").lower()
        fancy = encoding.startswith("utf")
        self._done, self._failed, self._busy = "✓✗…" if fancy else "+x."
        self._full, self._empty = "█░" if fancy else "#-"
        self._spin = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏" if fancy else "|/-\\"

    @contextmanager
    def step(self, label: str) -> Iterator[Step]:
        """Show a step from its start to its end; a failure is marked and passes on."""
        step = Step(label)
        over = threading.Event()
        artist = threading.Thread(target=self._draw, args=(step, over), daemon=True)
        artist.start()
        sign = self._failed
        try:
            yield step
            sign = self._done
        finally:
            over.set()
            artist.join()
            note = f": {step.note}" if step.note else ""
            self.say(f"{sign} {step.label}{note} ({step.seconds():.1f} s)")

    def say(self, line: str) -> None:
        """Write one line."""
        self._write(f"{CLEAR_LINE if self._drawn else ''}{line}\n")

    def _write(self, text: str) -> None:
        # A terminal that was closed must not keep its service from an ordered stop.
        with suppress(OSError):
            self._stream.write(text)
            self._stream.flush()

    def _draw(self, step: Step, over: threading.Event) -> None:
        if over.wait(QUIET_SECONDS):
            return
        if not self._drawn:
            self.say(f"{self._busy} {step.label}")
            return
        turn = 0
        while not over.wait(REDRAW_SECONDS):
            sign = self._spin[turn % len(self._spin)]
            line = f"{sign} {step.label}{self._bar(step)} {step.seconds():.0f} s"
            self._write(f"{CLEAR_LINE}{line}")
            turn += 1

    def _bar(self, step: Step) -> str:
        if step.fraction is None:
            return ""
        full = round(BAR_WIDTH * min(step.fraction, 1.0))
        return f" {self._full * full}{self._empty * (BAR_WIDTH - full)}"
