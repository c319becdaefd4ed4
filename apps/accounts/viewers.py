"""Who sends a request: the same to every interface."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.accounts.domain.audit import Actor
from apps.accounts.domain.roles import Power
from apps.accounts.selectors.workspaces import (
    Viewer,
    WorkspaceRow,
    get_viewer,
    get_workspace,
)
from apps.core.errors import ForbiddenError
from apps.core.web.addresses import client_address

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest
    from rest_framework.request import Request


def viewer_of(request: HttpRequest | Request) -> Viewer:
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


def workspace_of(
    request: HttpRequest | Request, workspace_id: UUID, *, needs: Power = Power.VIEW
) -> WorkspaceRow:
    """Return the workspace of an address to a member who may do this with it.

    Raises:
        ForbiddenError: the member's role does not allow it.
        NotFoundError: whoever asks is no member.
    """
    return get_workspace(viewer_of(request), workspace_id, needs=needs)


def actor_of(request: HttpRequest | Request) -> Actor:
    """Return whoever sends a request, as the audit log names them."""
    user = request.user
    ip = client_address(request)
    if not user.is_authenticated:
        return Actor(ip=ip)
    return Actor(user_id=user.pk, label=str(user), ip=ip)
