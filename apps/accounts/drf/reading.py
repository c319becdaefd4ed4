"""Reading a request to the account API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from django.utils import timezone

from apps.accounts.viewers import actor_of, viewer_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from rest_framework.request import Request

    from apps.accounts.domain.audit import Actor
    from apps.accounts.selectors.workspaces import Viewer
    from apps.core.web.drf import StrictSerializer


class Acting(TypedDict):
    """What every service wants to know of a request."""

    viewer: Viewer
    actor: Actor
    now: datetime


def acting(request: Request) -> Acting:
    """Return who acts, as services and the audit log name them, and when."""
    return Acting(
        viewer=viewer_of(request), actor=actor_of(request), now=timezone.now()
    )


def read(serializer: type[StrictSerializer], request: Request) -> Mapping[str, Any]:
    """Return what a body says.

    Raises:
        ValidationError: it says something else than the serializer takes.
    """
    reader = serializer(data=request.data)
    reader.is_valid(raise_exception=True)
    return dict(reader.validated_data)


def read_query(
    serializer: type[StrictSerializer], request: Request
) -> Mapping[str, Any]:
    """Return what the query of an address says.

    Raises:
        ValidationError: it says something else than the serializer takes.
    """
    asked = request.query_params.dict()
    asked.pop("format", None)
    reader = serializer(data=asked)
    reader.is_valid(raise_exception=True)
    return dict(reader.validated_data)
