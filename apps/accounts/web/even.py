"""Answers whose time tells nothing."""

from __future__ import annotations

import time
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponseBase

    View = Callable[..., HttpResponseBase]


def evenly(view: View) -> View:
    """Answer what was sent no sooner than after a fixed time.

    For forms that do other work for a known address than for an unknown one. The work
    takes less than that time; what the answer took then shows none of it.
    """
    return _no_sooner(view, {"POST"}, 1.0)


def evenly_got(view: View) -> View:
    """Answer the same for what a link brings, such as the way back from a provider."""
    return _no_sooner(view, {"GET"}, 1.0)


def evenly_read(view: View) -> View:
    """Answer everything no sooner than after a fifth of that time."""
    return _no_sooner(view, {"GET", "HEAD", "POST"}, 0.2)


def _no_sooner(view: View, methods: set[str], share: float) -> View:
    @wraps(view)
    def timed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method not in methods:
            return view(request, *args, **kwargs)
        began = time.monotonic()
        response = view(request, *args, **kwargs)
        # A page that is rendered later would show its own time.
        render = getattr(response, "render", None)
        if callable(render):
            render()
        left = settings.EVEN_ANSWER_SECONDS * share - (time.monotonic() - began)
        time.sleep(max(0.0, left))
        return response

    return timed
