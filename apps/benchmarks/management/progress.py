"""How a run moves, told on standard error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.core.status_line import StatusLine
from apps.core.web.twins import decimal_text

if TYPE_CHECKING:
    from django.core.management.base import OutputWrapper

    from apps.benchmarks.selectors.runs import RunRow


class Progress:
    """Writes a run's progress where there is any."""

    def __init__(self, stderr: OutputWrapper) -> None:
        """Take the stream; whether it is a terminal decides the form."""
        self._line = StatusLine(stderr)
        self._last = ""

    def tell(self, run: RunRow) -> None:
        """Say how the run stands, where that is news."""
        text = describe(run)
        if text == self._last or (run.is_active and not self._line.is_due()):
            return
        self._last = text
        if run.is_active:
            self._line.show(text, run.done, run.samples)
        else:
            self._line.end(text)

    def close(self) -> None:
        """Leave how it stood as the last line."""
        self._line.end(self._last if self._line.is_open else "")


def describe(run: RunRow) -> str:
    """Return how a run stands in one line."""
    cost = "cost unknown" if run.cost is None else f"${decimal_text(run.cost)}"
    return (
        f"{run.status}: {run.done}/{run.samples} samples, {run.passed} passed, "
        f"{run.failed} failed, {run.unscored} unscored, {cost}"
    )
