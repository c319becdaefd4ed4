"""Workspaces over the account API."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.drf.serializers import TransferIn, WorkspaceIn, WorkspaceOut
from apps.accounts.selectors.workspaces import get_workspace, list_workspaces
from apps.accounts.services.members import leave_workspace, transfer_ownership
from apps.accounts.services.workspaces import (
    ask_deletion,
    create_workspace,
    rename_workspace,
    take_back_deletion,
)
from apps.accounts.viewers import acting, viewer_of
from apps.core.web.drf import read_body

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request


class WorkspaceList(APIView):
    """The workspaces of whoever asks."""

    serializer_class: ClassVar = WorkspaceIn

    @extend_schema(operation_id="list_workspaces", responses=WorkspaceOut(many=True))
    def get(self, request: Request) -> Response:
        """List them: one's own first, then by name."""
        rows = list_workspaces(viewer_of(request))
        return Response(WorkspaceOut(rows, many=True).data)

    @extend_schema(
        operation_id="create_workspace",
        request=WorkspaceIn,
        responses={201: WorkspaceOut},
    )
    def post(self, request: Request) -> Response:
        """Make a workspace whose owner is whoever asks."""
        asked = read_body(WorkspaceIn, request)
        workspace_id = create_workspace(name=asked["name"], **acting(request))
        return _show(request, workspace_id, status=201)


class WorkspaceDetail(APIView):
    """One workspace."""

    serializer_class: ClassVar = WorkspaceIn

    @extend_schema(operation_id="get_workspace", responses=WorkspaceOut)
    def get(self, request: Request, workspace_id: UUID) -> Response:
        """Return it with the role of whoever asks."""
        return _show(request, workspace_id)

    @extend_schema(
        operation_id="rename_workspace", request=WorkspaceIn, responses=WorkspaceOut
    )
    def patch(self, request: Request, workspace_id: UUID) -> Response:
        """Give it another name."""
        get_workspace(viewer_of(request), workspace_id)
        asked = read_body(WorkspaceIn, request)
        rename_workspace(
            workspace_id=workspace_id, name=asked["name"], **acting(request)
        )
        return _show(request, workspace_id)

    @extend_schema(
        operation_id="delete_workspace", request=None, responses={202: WorkspaceOut}
    )
    def delete(self, request: Request, workspace_id: UUID) -> Response:
        """Have it deleted when the days of grace are over: `deletion_due_at`."""
        ask_deletion(workspace_id=workspace_id, **acting(request))
        return _show(request, workspace_id, status=202)


class WorkspaceKeeping(APIView):
    """Taking back the deletion of a workspace."""

    @extend_schema(operation_id="keep_workspace", request=None, responses=WorkspaceOut)
    def post(self, request: Request, workspace_id: UUID) -> Response:
        """Keep a workspace that was to be deleted."""
        take_back_deletion(workspace_id=workspace_id, **acting(request))
        return _show(request, workspace_id)


class WorkspaceTransfer(APIView):
    """Giving a workspace away."""

    serializer_class: ClassVar = TransferIn

    @extend_schema(
        operation_id="transfer_workspace", request=TransferIn, responses=WorkspaceOut
    )
    def post(self, request: Request, workspace_id: UUID) -> Response:
        """Make a member the owner; whoever asks stays on as admin."""
        get_workspace(viewer_of(request), workspace_id)
        asked = read_body(TransferIn, request)
        transfer_ownership(
            workspace_id=workspace_id, member_id=asked["member_id"], **acting(request)
        )
        return _show(request, workspace_id)


class WorkspaceLeaving(APIView):
    """Leaving a workspace."""

    @extend_schema(operation_id="leave_workspace", request=None, responses={204: None})
    def post(self, request: Request, workspace_id: UUID) -> Response:
        """End one's own membership."""
        leave_workspace(workspace_id=workspace_id, **acting(request))
        return Response(status=204)


def _show(request: Request, workspace_id: UUID, *, status: int = 200) -> Response:
    row = get_workspace(viewer_of(request), workspace_id)
    return Response(WorkspaceOut(row).data, status=status)
