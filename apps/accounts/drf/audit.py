"""The audit log over the account API."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.domain.audit import Act
from apps.accounts.domain.roles import Power
from apps.accounts.drf.serializers import AuditIn, AuditPageOut
from apps.accounts.selectors.audit import AuditFilter, list_audit
from apps.accounts.viewers import viewer_of, workspace_of
from apps.core.errors import InvalidInputError
from apps.core.web.drf import read_query

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request


class AuditLog(APIView):
    """What was done in a workspace."""

    serializer_class: ClassVar = AuditPageOut

    @extend_schema(
        operation_id="list_audit", parameters=[AuditIn], responses=AuditPageOut
    )
    def get(self, request: Request, workspace_id: UUID) -> Response:
        """Return a page of acts, the newest first."""
        workspace_of(request, workspace_id, needs=Power.AUDIT)
        asked = read_query(AuditIn, request)
        page = list_audit(
            viewer_of(request),
            workspace_id,
            wanted=AuditFilter(
                act=_read_act(asked.get("act", "")),
                person=asked.get("person", ""),
                since=asked.get("since"),
                until=asked.get("until"),
            ),
            cursor=asked.get("cursor"),
            limit=asked["limit"],
        )
        body = {"items": page.rows, "next_cursor": page.next_cursor}
        return Response(AuditPageOut(body).data)


def _read_act(text: str) -> Act | None:
    try:
        return Act(text) if text else None
    except ValueError:
        raise InvalidInputError(f"act: {text!r} is no act.") from None
