"""Pages of which a part moves while they are open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import render

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest, HttpResponse


def render_moving(
    request: HttpRequest, name: str, context: Mapping[str, Any]
) -> HttpResponse:
    """Render a page, or where that is asked for only what moves in it.

    The moving part is the template `_<name>`, in an element with the name as its id.
    """
    only_part = request.headers.get("HX-Target") == name
    template = f"predictions/{'_' if only_part else ''}{name}.html"
    response = render(request, template, context)
    response["Vary"] = "HX-Target, Cookie"
    return response
