"""What every page that changes something does alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages

from apps.core.errors import ConflictError

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest


def attempt(request: HttpRequest, act: Callable[[], object], done: str) -> bool:
    """Do something and say so on the next page, or why it could not be done.

    Returns whether it was done. Whoever may not do it gets the page that says so.
    """
    try:
        act()
    except ConflictError as error:
        messages.error(request, str(error))
        return False
    if done:
        messages.success(request, done)
    return True
