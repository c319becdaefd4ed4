"""The credentials of workspaces: what is shown of them, and the one way to open one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from apps.catalog.domain.credentials import CredentialMissingError, OwnKey
from apps.catalog.models import GatewayKind, Provider, ProviderCredential
from apps.catalog.selectors.providers import find_fault
from apps.core.crypto import SealedError
from apps.core.errors import NotFoundError
from apps.core.secrets import get_keyset

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from apps.accounts.selectors.workspaces import Viewer

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class CredentialRow:
    """A stored credential without what it is: the last four letters tell it apart."""

    id: UUID
    provider: str
    provider_display_name: str
    name: str
    last_four: str
    created_by: str
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class KeyedProvider:
    """A provider that workspaces bring a key for."""

    name: str
    display_name: str


def get_visible_credentials(viewer: Viewer) -> QuerySet[ProviderCredential]:
    """Return the credentials of the viewer's workspaces: the one door to them."""
    return ProviderCredential.objects.filter(workspace_id__in=viewer.workspace_ids)


def list_credentials(viewer: Viewer, workspace_id: UUID) -> tuple[CredentialRow, ...]:
    """Return what is stored in a workspace, by provider."""
    found = get_visible_credentials(viewer).filter(workspace_id=workspace_id)
    joined = found.select_related("provider", "created_by").defer("sealed")
    return tuple(_to_row(one) for one in joined.order_by("provider__name"))


def get_credential(viewer: Viewer, workspace_id: UUID, provider: str) -> CredentialRow:
    """Return what a workspace stored for a provider.

    Raises:
        NotFoundError: nothing, as far as this viewer may see.
    """
    for row in list_credentials(viewer, workspace_id):
        if row.provider == provider:
            return row
    raise NotFoundError(f"No credential for {provider!r} is stored here.")


def list_keyed_providers() -> tuple[KeyedProvider, ...]:
    """Return the providers that a workspace may store a key for, by name."""
    return tuple(
        KeyedProvider(one.name, one.display_name)
        for one in Provider.objects.order_by("name")
        if takes_key(one)
    )


def takes_key(provider: Provider) -> bool:
    """Return whether a key of a workspace can be used with a provider."""
    is_remote = provider.gateway != GatewayKind.EMBEDDED and not provider.is_local
    return is_remote and not find_fault(provider)


def read_own_key(workspace_id: UUID, provider: str) -> OwnKey:
    """Return what a workspace asks a provider with: only its runs may call this.

    A credential that does not open, since its key left the keyset, counts as none.
    """
    found = ProviderCredential.objects.filter(
        workspace_id=workspace_id, provider__name=provider
    ).first()
    if found is None:
        return OwnKey(workspace_id, provider)
    try:
        value = get_keyset().open(bytes(found.sealed), context=found.context)
    except SealedError as error:
        logger.warning("credential_sealed", credential=str(found.id), why=str(error))
        return OwnKey(workspace_id, provider)
    return OwnKey(workspace_id, provider, value)


def list_providers_without_key(
    workspace_id: UUID, providers: Iterable[str]
) -> tuple[str, ...]:
    """Return those of the providers that the workspace cannot have asked, by name.

    The embedded model needs no key. Any other local server belongs to the operator.
    """
    wanted = Provider.objects.filter(name__in=set(providers))
    known = ProviderCredential.objects.filter(
        workspace_id=workspace_id, provider__in=wanted
    ).values_list("provider__name", flat=True)
    stored = set(known)
    return tuple(
        one.name
        for one in wanted.order_by("name")
        if one.gateway != GatewayKind.EMBEDDED and one.name not in stored
    )


def require_keys(workspace_id: UUID, providers: Iterable[str]) -> None:
    """Pass where the workspace can have all of the providers asked.

    Raises:
        CredentialMissingError: it holds no credential for one; each is named.
    """
    lacking = list_providers_without_key(workspace_id, providers)
    if lacking:
        raise CredentialMissingError(
            f"This workspace holds no credential for {', '.join(lacking)}: first store "
            f"one at /workspaces/{workspace_id}/credentials/."
        )


def _to_row(found: ProviderCredential) -> CredentialRow:
    maker = found.created_by
    return CredentialRow(
        id=found.id,
        provider=found.provider.name,
        provider_display_name=found.provider.display_name,
        name=found.name,
        last_four=found.last_four,
        created_by="" if maker is None else str(maker),
        created_at=found.created_at,
        last_used_at=found.last_used_at,
    )
