"""Light, dark, or what the system prefers: kept in a cookie, set by the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from apps.core.errors import InvalidInputError

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

COOKIE = "theme"
THEMES = ("system", "light", "dark")
_YEAR_SECONDS = 365 * 24 * 3600


def theme_of(request: HttpRequest) -> str:
    """Return the chosen theme; anything unknown counts as no choice."""
    chosen = request.COOKIES.get(COOKIE, "")
    return chosen if chosen in THEMES else "system"


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Keep the choice and go back to where it was made."""
    theme = request.POST.get("theme", "")
    if theme not in THEMES:
        raise InvalidInputError(f"The theme is one of {', '.join(THEMES)}.")
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = "/"
    response = HttpResponseRedirect(back)
    response.set_cookie(
        COOKIE,
        theme,
        max_age=_YEAR_SECONDS,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
    )
    return response
