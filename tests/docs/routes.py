"""Every address of the service with the name of its pattern."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import URLPattern, URLResolver

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def routes_of(
    patterns: Iterable[URLPattern | URLResolver], prefix: str = ""
) -> Iterator[tuple[str, str]]:
    """Yield the route and the name of each pattern; the admin's tables are one."""
    for pattern in patterns:
        route = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLPattern):
            yield route, pattern.name or ""
        elif route == "admin/":  # Django's own, one for each table
            yield route, "administration"
        else:
            yield from routes_of(pattern.url_patterns, route)
