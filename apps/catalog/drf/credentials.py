"""A workspace's credentials over the account API."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.domain.roles import Power
from apps.accounts.viewers import actor_of, viewer_of, workspace_of
from apps.catalog.drf.serializers import CredentialIn, CredentialOut, TrialOut
from apps.catalog.pipelines.own_keys import try_credential
from apps.catalog.selectors.own_keys import get_credential, list_credentials
from apps.catalog.services.own_keys import remove_credential, store_credential
from apps.core.web.drf import read_body

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request


class CredentialList(APIView):
    """What a workspace stored."""

    serializer_class: ClassVar = CredentialOut

    @extend_schema(operation_id="list_credentials", responses=CredentialOut(many=True))
    def get(self, request: Request, workspace_id: UUID) -> Response:
        """List the credentials, by provider."""
        workspace_of(request, workspace_id)
        rows = list_credentials(viewer_of(request), workspace_id)
        return Response(CredentialOut(rows, many=True).data)


class CredentialDetail(APIView):
    """The credential for one provider."""

    serializer_class: ClassVar = CredentialIn

    @extend_schema(operation_id="get_credential", responses=CredentialOut)
    def get(self, request: Request, workspace_id: UUID, provider: str) -> Response:
        """Return what is shown of it."""
        workspace_of(request, workspace_id)
        row = get_credential(viewer_of(request), workspace_id, provider)
        return Response(CredentialOut(row).data)

    @extend_schema(
        operation_id="store_credential",
        request=CredentialIn,
        responses={200: CredentialOut, 201: CredentialOut},
    )
    def put(self, request: Request, workspace_id: UUID, provider: str) -> Response:
        """Store a key for the provider in place of the one before."""
        workspace_of(request, workspace_id, needs=Power.CREDENTIALS)
        asked = read_body(CredentialIn, request)
        is_first = store_credential(
            workspace_id=workspace_id,
            provider=provider,
            key=asked["key"],
            name=asked.get("name", ""),
            actor=actor_of(request),
            now=timezone.now(),
        )
        row = get_credential(viewer_of(request), workspace_id, provider)
        code = status.HTTP_201_CREATED if is_first else status.HTTP_200_OK
        return Response(CredentialOut(row).data, status=code)

    @extend_schema(operation_id="remove_credential", responses={204: None})
    def delete(self, request: Request, workspace_id: UUID, provider: str) -> Response:
        """Remove it; runs that need it fail from then on."""
        workspace_of(request, workspace_id, needs=Power.CREDENTIALS)
        remove_credential(
            workspace_id=workspace_id,
            provider=provider,
            actor=actor_of(request),
            now=timezone.now(),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class CredentialTrial(APIView):
    """Whether a provider accepts the credential for it."""

    @extend_schema(operation_id="try_credential", request=None, responses=TrialOut)
    def post(self, request: Request, workspace_id: UUID, provider: str) -> Response:
        """Ask the provider for its models; nothing of the answer is stored."""
        workspace_of(request, workspace_id, needs=Power.CREDENTIALS)
        trial = try_credential(workspace_id=workspace_id, provider=provider)
        return Response(TrialOut(trial).data)
