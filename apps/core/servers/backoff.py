"""How long to wait before starting again what has died."""

from __future__ import annotations

FIRST_SECONDS = 0.25
LONGEST_SECONDS = 30.0
# A run of this length makes the deaths before it old news.
STEADY_SECONDS = 60.0


class Backoff:
    """Doubles from death to death and begins anew after a steady run."""

    def __init__(self) -> None:
        """Begin with the shortest wait."""
        self._next = FIRST_SECONDS

    def seconds_after(self, run_seconds: float) -> float:
        """Return the wait after a run that lasted `run_seconds`."""
        if run_seconds >= STEADY_SECONDS:
            self._next = FIRST_SECONDS
        wait, self._next = self._next, min(self._next * 2, LONGEST_SECONDS)
        return wait
