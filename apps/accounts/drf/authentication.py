"""API keys as Django REST framework sees them: the gate has read them already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication

from apps.accounts.viewers import admission_of

if TYPE_CHECKING:
    from rest_framework.request import Request

    from apps.accounts.domain.admission import Identity


class KeyCaller:
    """Stands where a signed-in person would: a key is nobody in particular."""

    pk = None
    is_authenticated = True
    is_active = True
    is_anonymous = False
    is_staff = False
    is_superuser = False

    def __init__(self, identity: Identity) -> None:
        """Keep whose key it is."""
        self.identity = identity

    def __str__(self) -> str:
        return "API key"


class KeyAuthentication(BaseAuthentication):
    """Takes a caller for authenticated whose key the gate has accepted."""

    def authenticate(self, request: Request) -> tuple[KeyCaller, Identity] | None:
        """Return the key's caller, None for a request without a key."""
        admission = admission_of(request)
        if admission is None or admission.identity.key_id is None:
            return None
        return KeyCaller(admission.identity), admission.identity

    def authenticate_header(self, request: Request) -> str:
        """Say how to authenticate, which makes the refusal 401."""
        return 'Bearer realm="Assay"'


class KeySchema(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Tells the description of the account API how a key is sent."""

    target_class = KeyAuthentication
    name = ("apiKey", "bearerKey")  # type: ignore[assignment]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, str]]:
        """Return both ways of sending a key."""
        return [
            {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            {"type": "http", "scheme": "bearer"},
        ]
