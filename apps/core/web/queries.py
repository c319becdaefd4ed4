"""Reading and rewriting the query part of an address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from apps.core.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to look: a link, and whether it is the present one."""

    label: str
    href: str
    current: bool


def read_choice(
    request: HttpRequest, name: str, choices: Collection[str], default: str
) -> str:
    """Return one of `choices`, or the default where the address is silent.

    Raises:
        InvalidInputError: the address asks for something else.
    """
    value = request.GET.get(name, "") or default
    if value not in choices and value != default:
        # An empty choice is the address without it.
        known = ", ".join(filter(None, choices))
        raise InvalidInputError(f"{name}={value[:40]!r} is unknown; use {known}.")
    return value


def read_number(
    request: HttpRequest, name: str, default: int, *, low: int, high: int
) -> int:
    """Return a whole number within bounds.

    Raises:
        InvalidInputError: it is no number, or out of bounds.
    """
    text = request.GET.get(name, "")
    if not text:
        return default
    plain = text.isascii() and text.isdigit() and len(text) <= len(str(high))
    if not plain or not low <= int(text) <= high:
        raise InvalidInputError(f"{name} is a whole number from {low} to {high}.")
    return int(text)


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


def link_choices(
    request: HttpRequest,
    name: str,
    labels: Mapping[str, str],
    current: str,
    **changes: str | None,
) -> list[Choice]:
    """Return a link to the first page of each choice; the value "" asks for all.

    `changes` are what each changes besides.
    """
    first: dict[str, str | None] = {"cursor": None, "page": None, **changes}
    return [
        Choice(
            label,
            with_query(request, **{**first, name: value or None}),
            value == current,
        )
        for value, label in labels.items()
    ]


def page_links(request: HttpRequest, number: int, pages: int) -> dict[str, object]:
    """Return what `partials/pages.html` shows: the page and its neighbours."""
    back = with_query(request, page=str(number - 1)) if number > 1 else ""
    following = with_query(request, page=str(number + 1)) if number < pages else ""
    return {
        "number": number,
        "pages": pages,
        "back_href": back,
        "next_href": following,
    }


def with_query(request: HttpRequest, **changes: str | None) -> str:
    """Return the request's query with some parts set, or dropped where None."""
    query = request.GET.copy()
    for name, value in changes.items():
        if value is None:
            query.pop(name, None)
        else:
            query[name] = value
    text = query.urlencode()
    return f"?{text}" if text else request.path
