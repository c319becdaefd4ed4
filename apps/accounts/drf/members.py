"""Members and invitations over the account API."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.domain.roles import Power, Role
from apps.accounts.drf.serializers import (
    InvitationIn,
    InvitationOut,
    MemberOut,
    RoleIn,
)
from apps.accounts.links import invitation_link
from apps.accounts.selectors.invitations import (
    get_visible_invitation,
    list_invitations,
)
from apps.accounts.selectors.members import get_visible_member, list_members
from apps.accounts.services.invitations import (
    invite,
    resend_invitation,
    revoke_invitation,
)
from apps.accounts.services.members import change_role, remove_member
from apps.accounts.viewers import acting, viewer_of, workspace_of
from apps.core.web.drf import read_body

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request


class MemberList(APIView):
    """Who belongs to a workspace."""

    serializer_class: ClassVar = MemberOut

    @extend_schema(operation_id="list_members", responses=MemberOut(many=True))
    def get(self, request: Request, workspace_id: UUID) -> Response:
        """List the members, the mightiest first."""
        rows = list_members(viewer_of(request), workspace_id)
        return Response(MemberOut(rows, many=True).data)


class MemberDetail(APIView):
    """One member of a workspace."""

    serializer_class: ClassVar = RoleIn

    @extend_schema(operation_id="get_member", responses=MemberOut)
    def get(self, request: Request, workspace_id: UUID, member_id: UUID) -> Response:
        """Return a member."""
        return _show_member(request, workspace_id, member_id)

    @extend_schema(operation_id="change_role", request=RoleIn, responses=MemberOut)
    def patch(self, request: Request, workspace_id: UUID, member_id: UUID) -> Response:
        """Make a member something else."""
        get_visible_member(
            viewer_of(request), workspace_id, member_id, needs=Power.MEMBERS
        )
        asked = read_body(RoleIn, request)
        change_role(
            workspace_id=workspace_id,
            member_id=member_id,
            role=Role(asked["role"]),
            **acting(request),
        )
        return _show_member(request, workspace_id, member_id)

    @extend_schema(operation_id="remove_member", request=None, responses={204: None})
    def delete(self, request: Request, workspace_id: UUID, member_id: UUID) -> Response:
        """Put a member out."""
        remove_member(workspace_id=workspace_id, member_id=member_id, **acting(request))
        return Response(status=204)


class InvitationList(APIView):
    """The open invitations to a workspace."""

    serializer_class: ClassVar = InvitationIn

    @extend_schema(operation_id="list_invitations", responses=InvitationOut(many=True))
    def get(self, request: Request, workspace_id: UUID) -> Response:
        """List them, the newest first."""
        rows = list_invitations(viewer_of(request), workspace_id, now=timezone.now())
        return Response(InvitationOut(rows, many=True).data)

    @extend_schema(
        operation_id="invite", request=InvitationIn, responses={201: InvitationOut}
    )
    def post(self, request: Request, workspace_id: UUID) -> Response:
        """Invite whoever reads the mail of an address."""
        workspace_of(request, workspace_id, needs=Power.MEMBERS)
        asked = read_body(InvitationIn, request)
        invitation_id = invite(
            workspace_id=workspace_id,
            email=asked["email"],
            role=Role(asked["role"]),
            link=invitation_link(request),
            **acting(request),
        )
        return _show_invitation(request, workspace_id, invitation_id, status=201)


class InvitationDetail(APIView):
    """One open invitation."""

    serializer_class: ClassVar = InvitationOut

    @extend_schema(operation_id="get_invitation", responses=InvitationOut)
    def get(
        self, request: Request, workspace_id: UUID, invitation_id: UUID
    ) -> Response:
        """Return an open invitation."""
        return _show_invitation(request, workspace_id, invitation_id)

    @extend_schema(
        operation_id="revoke_invitation", request=None, responses={204: None}
    )
    def delete(
        self, request: Request, workspace_id: UUID, invitation_id: UUID
    ) -> Response:
        """Take an invitation back."""
        revoke_invitation(
            workspace_id=workspace_id, invitation_id=invitation_id, **acting(request)
        )
        return Response(status=204)


class InvitationResending(APIView):
    """Sending an invitation again."""

    @extend_schema(
        operation_id="resend_invitation", request=None, responses=InvitationOut
    )
    def post(
        self, request: Request, workspace_id: UUID, invitation_id: UUID
    ) -> Response:
        """Send it with a new link; the old one opens nothing any more."""
        resend_invitation(
            workspace_id=workspace_id,
            invitation_id=invitation_id,
            link=invitation_link(request),
            **acting(request),
        )
        return _show_invitation(request, workspace_id, invitation_id)


def _show_member(request: Request, workspace_id: UUID, member_id: UUID) -> Response:
    row = get_visible_member(viewer_of(request), workspace_id, member_id)
    return Response(MemberOut(row).data)


def _show_invitation(
    request: Request, workspace_id: UUID, invitation_id: UUID, *, status: int = 200
) -> Response:
    row = get_visible_invitation(
        viewer_of(request), workspace_id, invitation_id, now=timezone.now()
    )
    return Response(InvitationOut(row).data, status=status)
