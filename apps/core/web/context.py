"""What every page knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.core.web.theme import THEMES, theme_of

if TYPE_CHECKING:
    from django.http import HttpRequest


def page(request: HttpRequest) -> dict[str, object]:
    """Return the theme and the part of the site that the address lies in."""
    return {
        "theme": theme_of(request),
        "themes": THEMES,
        "section": request.path.strip("/").split("/")[0],
    }
