"""Reading what addresses of runs and results ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.benchmarks.domain.specs import Verdict
from apps.benchmarks.domain.text import unescape_text
from apps.core.web.queries import Choice, read_id, with_query

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest

VERDICTS = tuple(verdict.value for verdict in Verdict)


def read_cursor(request: HttpRequest) -> UUID | None:
    """Return where the page begins, None for the first.

    Raises:
        InvalidInputError: it is no cursor.
    """
    return read_id(request, "cursor")


def verdict_choices(request: HttpRequest, current: str) -> list[Choice]:
    """Return the verdicts to filter by, each a link to the first page of it."""
    return [
        Choice(
            verdict or "all",
            with_query(request, verdict=verdict or None, cursor=None),
            verdict == current,
        )
        for verdict in ("", *VERDICTS)
    ]


def readable(text: str) -> str:
    """Show stored text whole: NUL and lone surrogates as signs that stand for them."""
    whole = unescape_text(text).replace("\x00", "\u2400")
    return whole.encode("utf-8", "replace").decode()
