"""Callbacks of a workspace over the account API."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.domain.roles import Power
from apps.accounts.drf.serializers import (
    DeliveryOut,
    DeliveryPageIn,
    DeliveryPageOut,
    WebhookSecretOut,
)
from apps.accounts.selectors.webhooks import (
    get_delivery,
    list_deliveries,
    read_secrets,
)
from apps.accounts.services.deliveries import send_again
from apps.accounts.services.webhooks import rotate_secret
from apps.accounts.viewers import actor_of, viewer_of, workspace_of
from apps.core.web.drf import read_query

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request


class WebhookSecrets(APIView):
    """What the workspace's callbacks are signed with."""

    @extend_schema(
        operation_id="list_webhook_secrets", responses=WebhookSecretOut(many=True)
    )
    def get(self, request: Request, workspace_id: UUID) -> Response:
        """List the valid secrets, the current one first."""
        workspace_of(request, workspace_id, needs=Power.CREDENTIALS)
        rows = read_secrets(workspace_id, timezone.now())
        return _never_kept(Response(WebhookSecretOut(rows, many=True).data))

    @extend_schema(
        operation_id="rotate_webhook_secret",
        request=None,
        responses={201: WebhookSecretOut(many=True)},
    )
    def post(self, request: Request, workspace_id: UUID) -> Response:
        """Make a new secret; the one before signs on for a day."""
        workspace_of(request, workspace_id, needs=Power.CREDENTIALS)
        now = timezone.now()
        rotate_secret(workspace_id=workspace_id, actor=actor_of(request), now=now)
        rows = read_secrets(workspace_id, now)
        code = status.HTTP_201_CREATED
        return _never_kept(Response(WebhookSecretOut(rows, many=True).data, code))


class DeliveryList(APIView):
    """The workspace's callbacks."""

    serializer_class: ClassVar = DeliveryPageOut

    @extend_schema(
        operation_id="list_deliveries",
        parameters=[DeliveryPageIn],
        responses=DeliveryPageOut,
    )
    def get(self, request: Request, workspace_id: UUID) -> Response:
        """List them, newest first."""
        workspace_of(request, workspace_id)
        asked = read_query(DeliveryPageIn, request)
        page = list_deliveries(viewer_of(request), workspace_id, **asked)
        shown = {"items": page.rows, "next_cursor": page.next_cursor}
        return Response(DeliveryPageOut(shown).data)


class DeliverySendAgain(APIView):
    """Sending a callback that is over once more."""

    @extend_schema(
        operation_id="send_delivery_again", request=None, responses={202: DeliveryOut}
    )
    def post(self, request: Request, workspace_id: UUID, delivery_id: UUID) -> Response:
        """Send it again, under the same id."""
        workspace_of(request, workspace_id, needs=Power.RUN)
        send_again(
            workspace_id=workspace_id, delivery_id=delivery_id, now=timezone.now()
        )
        row = get_delivery(viewer_of(request), workspace_id, delivery_id)
        return Response(DeliveryOut(row).data, status=status.HTTP_202_ACCEPTED)


def _never_kept(response: Response) -> Response:
    response["Cache-Control"] = "no-store"
    return response
