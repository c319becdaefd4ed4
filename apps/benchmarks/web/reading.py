"""Reading what addresses of runs and results ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from apps.benchmarks.domain.specs import Verdict
from apps.benchmarks.domain.text import unescape_text
from apps.benchmarks.web.boards import Choice
from apps.core.errors import InvalidInputError
from apps.core.web.queries import with_query

if TYPE_CHECKING:
    from django.http import HttpRequest

VERDICTS = tuple(verdict.value for verdict in Verdict)


def read_id(request: HttpRequest, name: str) -> UUID | None:
    """Return an identifier from the address, None where it is silent.

    Raises:
        InvalidInputError: it has another form.
    """
    text = request.GET.get(name, "")
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise InvalidInputError(f"{name} is an identifier that a page gave.") from None


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
