"""Which workspaces a person belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.accounts.models import Membership

if TYPE_CHECKING:
    from uuid import UUID

    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is looking: what every `get_visible_*` asks about a person."""

    user_id: UUID | None = None
    is_staff: bool = False
    workspace_ids: tuple[UUID, ...] = ()


ANONYMOUS = Viewer()


def get_viewer(user: AbstractBaseUser | AnonymousUser) -> Viewer:
    """Return the viewer for a request's user; inactive people see as strangers do."""
    if not user.is_authenticated or not user.is_active:
        return ANONYMOUS
    workspace_ids = Membership.objects.filter(user_id=user.pk).values_list(
        "workspace_id", flat=True
    )
    return Viewer(
        user_id=user.pk,
        is_staff=bool(getattr(user, "is_staff", False)),
        workspace_ids=tuple(workspace_ids),
    )
