"""Keys and usage over the account API."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.domain.keys import KeyPower, Scope
from apps.accounts.drf.key_serializers import (
    KeyIn,
    KeyNameIn,
    KeyOut,
    NewKeyOut,
    RotationIn,
    UsageIn,
    UsageOut,
)
from apps.accounts.selectors.keys import get_visible_key, list_keys
from apps.accounts.selectors.usage import get_usage
from apps.accounts.services.keys import (
    NewKey,
    create_key,
    rename_key,
    revoke_key,
    rotate_key,
)
from apps.accounts.viewers import acting, viewer_of
from apps.core.web.drf import read_body, read_query

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request


class KeyList(APIView):
    """The keys of a workspace. A key itself never gets here."""

    serializer_class: ClassVar = KeyIn

    @extend_schema(operation_id="list_keys", responses=KeyOut(many=True))
    def get(self, request: Request, workspace_id: UUID) -> Response:
        """List the keys, those in use first."""
        rows = list_keys(viewer_of(request), workspace_id, now=timezone.now())
        return Response(KeyOut(rows, many=True).data)

    @extend_schema(operation_id="create_key", request=KeyIn, responses={201: NewKeyOut})
    def post(self, request: Request, workspace_id: UUID) -> Response:
        """Make a key. Its secret is in this answer and nowhere else."""
        asked = read_body(KeyIn, request)
        made = create_key(
            workspace_id=workspace_id,
            name=asked["name"],
            power=KeyPower(asked["power"]),
            scopes=[Scope(name) for name in asked["scopes"]],
            expires_at=asked.get("expires_at"),
            networks=asked.get("networks", ()),
            **acting(request),
        )
        return _show_once(request, workspace_id, made)


class KeyDetail(APIView):
    """One key."""

    serializer_class: ClassVar = KeyNameIn

    @extend_schema(operation_id="get_key", responses=KeyOut)
    def get(self, request: Request, workspace_id: UUID, key_id: UUID) -> Response:
        """Return a key without its secret."""
        return Response(_shown(request, workspace_id, key_id))

    @extend_schema(operation_id="rename_key", request=KeyNameIn, responses=KeyOut)
    def patch(self, request: Request, workspace_id: UUID, key_id: UUID) -> Response:
        """Give it another name."""
        rename_key(
            workspace_id=workspace_id,
            key_id=key_id,
            name=read_body(KeyNameIn, request)["name"],
            **acting(request),
        )
        return Response(_shown(request, workspace_id, key_id))

    @extend_schema(operation_id="revoke_key", responses={204: None})
    def delete(self, request: Request, workspace_id: UUID, key_id: UUID) -> Response:
        """Revoke it: it opens nothing from now on."""
        revoke_key(
            workspace_id=workspace_id,
            key_id=key_id,
            **acting(request),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class KeyRotation(APIView):
    """A key in place of another."""

    serializer_class: ClassVar = RotationIn

    @extend_schema(
        operation_id="rotate_key", request=RotationIn, responses={201: NewKeyOut}
    )
    def post(self, request: Request, workspace_id: UUID, key_id: UUID) -> Response:
        """Make a key like it; the old one opens for the overlap and no longer."""
        made = rotate_key(
            workspace_id=workspace_id,
            key_id=key_id,
            overlap=timedelta(hours=read_body(RotationIn, request)["overlap_hours"]),
            **acting(request),
        )
        return _show_once(request, workspace_id, made)


class UsageView(APIView):
    """What a workspace used of the API."""

    serializer_class: ClassVar = UsageOut

    @extend_schema(operation_id="get_usage", parameters=[UsageIn], responses=UsageOut)
    def get(self, request: Request, workspace_id: UUID) -> Response:
        """Return the calls by key and endpoint, and by hour or day."""
        asked = read_query(UsageIn, request)
        usage = get_usage(
            viewer_of(request),
            workspace_id,
            period=asked["period"],
            now=timezone.now(),
        )
        return Response(UsageOut(usage).data)


def _shown(request: Request, workspace_id: UUID, key_id: UUID) -> Any:
    viewer, now = viewer_of(request), timezone.now()
    return KeyOut(get_visible_key(viewer, workspace_id, key_id, now=now)).data


def _show_once(request: Request, workspace_id: UUID, made: NewKey) -> Response:
    viewer, now = viewer_of(request), timezone.now()
    row = get_visible_key(viewer, workspace_id, made.id, now=now)
    shown = NewKeyOut({**asdict(row), "secret": made.secret}).data
    response = Response(shown, status=status.HTTP_201_CREATED)
    response["Cache-Control"] = "no-store"
    return response
