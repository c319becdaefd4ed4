"""Workspaces over the account API."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.drf.serializers import WorkspaceOut
from apps.accounts.selectors.workspaces import get_workspace, list_workspaces
from apps.accounts.viewers import viewer_of

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request


class WorkspaceList(APIView):
    """The workspaces of whoever asks."""

    serializer_class: ClassVar = WorkspaceOut

    @extend_schema(operation_id="list_workspaces", responses=WorkspaceOut(many=True))
    def get(self, request: Request) -> Response:
        """List them: one's own first, then by name."""
        rows = list_workspaces(viewer_of(request))
        return Response(WorkspaceOut(rows, many=True).data)


class WorkspaceDetail(APIView):
    """One workspace."""

    serializer_class: ClassVar = WorkspaceOut

    @extend_schema(operation_id="get_workspace", responses=WorkspaceOut)
    def get(self, request: Request, workspace_id: UUID) -> Response:
        """Return it with the role of whoever asks."""
        row = get_workspace(viewer_of(request), workspace_id)
        return Response(WorkspaceOut(row).data)
