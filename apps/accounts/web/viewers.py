"""Who sends a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.accounts.selectors.workspaces import Viewer, get_viewer
from apps.core.errors import ForbiddenError

if TYPE_CHECKING:
    from django.http import HttpRequest


def viewer_of(request: HttpRequest) -> Viewer:
    """Return the viewer behind a request."""
    return get_viewer(request.user)


def staff_of(request: HttpRequest) -> Viewer:
    """Return the viewer behind a request that only staff may make.

    Raises:
        ForbiddenError: this is somebody else.
    """
    viewer = viewer_of(request)
    if not viewer.is_staff:
        raise ForbiddenError("Only staff of this installation may do that.")
    return viewer
