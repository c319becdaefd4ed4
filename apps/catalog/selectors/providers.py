"""Providers as frozen rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.catalog.models import GatewayKind, Provider
from apps.catalog.selectors.credentials import read_key
from apps.core.errors import NotFoundError

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class ProviderRow:
    """A provider; `obstacle` says in one line why it cannot be asked, or is ""."""

    id: UUID
    name: str
    display_name: str
    gateway: str
    base_url: str
    key_variable: str
    website_url: str
    documentation_url: str
    is_active: bool
    is_local: bool
    synced_at: datetime | None
    has_key: bool
    obstacle: str

    @property
    def is_available(self) -> bool:
        """Whether a request to it can be tried."""
        return not self.obstacle


def list_providers(*, include_inactive: bool = True) -> tuple[ProviderRow, ...]:
    """Return every provider, by name."""
    found = Provider.objects.all()
    if not include_inactive:
        found = found.filter(is_active=True)
    return tuple(to_provider_row(provider) for provider in found)


def get_provider(name: str) -> ProviderRow:
    """Return the provider of that name.

    Raises:
        NotFoundError: there is none.
    """
    provider = Provider.objects.filter(name=name).first()
    if provider is None:
        known = ", ".join(Provider.objects.values_list("name", flat=True)) or "none"
        raise NotFoundError(f"No provider is named {name!r}; there is {known}.")
    return to_provider_row(provider)


def to_provider_row(provider: Provider) -> ProviderRow:
    """Return a provider's row, its key looked for in the environment."""
    has_key = bool(read_key(provider.key_variable)) if provider.key_variable else True
    return ProviderRow(
        id=provider.id,
        name=provider.name,
        display_name=provider.display_name,
        gateway=provider.gateway,
        base_url=provider.base_url,
        key_variable=provider.key_variable,
        website_url=provider.website_url,
        documentation_url=provider.documentation_url,
        is_active=provider.is_active,
        is_local=provider.is_local,
        synced_at=provider.synced_at,
        has_key=has_key,
        obstacle=_find_obstacle(provider, has_key=has_key),
    )


def _find_obstacle(provider: Provider, *, has_key: bool) -> str:
    if provider.is_active and not has_key:
        return f"no key (set {provider.key_variable})"
    return find_fault(provider)


def find_fault(provider: Provider | ProviderRow) -> str:
    """Return why a provider cannot be asked whoever's key it is, or ""."""
    if not provider.is_active:
        return "switched off"
    needs_address = provider.gateway == GatewayKind.OPENAI_COMPATIBLE
    if needs_address and not provider.base_url:
        return f"no address (set {provider.name.upper().replace('-', '_')}_BASE_URL)"
    return ""
