"""What every page that changes something does alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from django.contrib import messages
from django.utils import timezone

from apps.accounts.viewers import actor_of, viewer_of
from apps.core.errors import ConflictError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.http import HttpRequest

    from apps.accounts.domain.audit import Actor
    from apps.accounts.selectors.workspaces import Viewer


class Acting(TypedDict):
    """What every service wants to know of a request."""

    viewer: Viewer
    actor: Actor
    now: datetime


def acting(request: HttpRequest) -> Acting:
    """Return who acts, as services and the audit log name them, and when."""
    return Acting(
        viewer=viewer_of(request), actor=actor_of(request), now=timezone.now()
    )


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
