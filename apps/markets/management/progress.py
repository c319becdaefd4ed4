"""How a sync moves, told on standard error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.core.status_line import StatusLine

if TYPE_CHECKING:
    from django.core.management.base import OutputWrapper


class Progress:
    """Writes how many markets were listed, where that is news."""

    def __init__(self, stderr: OutputWrapper, *, limit: int | None) -> None:
        """Take the stream, and how many markets are listed at most."""
        self._line = StatusLine(stderr)
        self._limit = limit

    def tell(self, venue: str, listed: int) -> None:
        """Say how far a venue is."""
        if self._line.is_due():
            self._line.show(f"{venue}: {listed} markets", listed, self._limit)

    def close(self) -> None:
        """Take the line that changes away."""
        self._line.end()
