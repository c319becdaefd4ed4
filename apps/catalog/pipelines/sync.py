"""Discover the models that each configured provider lists."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import structlog

from apps.catalog.models import GatewayKind
from apps.catalog.pipelines.gateways import open_gateway
from apps.catalog.selectors.providers import get_provider, list_providers
from apps.catalog.services.listings import record_listing
from apps.core.errors import UnavailableError, UpstreamError

if TYPE_CHECKING:
    from datetime import datetime

    from apps.catalog.domain.completions import ListedModel
    from apps.catalog.selectors.providers import ProviderRow

logger = structlog.get_logger(__name__)


class SyncStatus(StrEnum):
    """What became of one provider's sync."""

    SYNCED = "synced"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ProviderSync:
    """One provider's sync; models are named as `provider/name`."""

    provider: str
    status: SyncStatus
    detail: str = ""
    listed: int = 0
    new: tuple[str, ...] = ()
    deprecated: tuple[str, ...] = ()
    returned: tuple[str, ...] = ()


def sync_catalogue(
    *, now: datetime, provider: str | None = None
) -> tuple[ProviderSync, ...]:
    """Ask every provider, or one, what it lists, and record it.

    Providers are asked at the same time and recorded one by one; one that fails or
    cannot be asked does not hold up the others, and changes nothing.

    Raises:
        NotFoundError: no provider has that name.
    """
    rows = list_providers() if provider is None else (get_provider(provider),)
    listings = asyncio.run(_list_all([row for row in rows if not _skip(row)]))
    return tuple(_record(row, listings.get(row.name), now=now) for row in rows)


async def _list_all(
    rows: list[ProviderRow],
) -> dict[str, tuple[ListedModel, ...] | str]:
    """Return each provider's listing, or why there is none."""
    listings = await asyncio.gather(*(_list(row) for row in rows))
    return {row.name: listing for row, listing in zip(rows, listings, strict=True)}


async def _list(row: ProviderRow) -> tuple[ListedModel, ...] | str:
    try:
        async with open_gateway(row) as gateway:
            return await gateway.list_models()
    except (UpstreamError, UnavailableError) as error:
        return str(error)


def _record(
    row: ProviderRow,
    listing: tuple[ListedModel, ...] | str | None,
    *,
    now: datetime,
) -> ProviderSync:
    if listing is None:
        return ProviderSync(row.name, SyncStatus.SKIPPED, _skip(row))
    if isinstance(listing, str):
        logger.warning("catalogue_sync_failed", provider=row.name, reason=listing)
        return ProviderSync(row.name, SyncStatus.FAILED, listing)
    report = record_listing(provider_id=row.id, listed=listing, now=now)
    is_flood = bool(report.new) and not report.is_announced
    sync = ProviderSync(
        row.name,
        SyncStatus.SYNCED,
        detail="too many new models to benchmark them unasked" if is_flood else "",
        listed=report.listed,
        new=_address(row, report.new),
        deprecated=_address(row, report.deprecated),
        returned=_address(row, report.returned),
    )
    logger.info(
        "catalogue_synced",
        provider=row.name,
        listed=sync.listed,
        new=len(sync.new),
        deprecated=len(sync.deprecated),
    )
    return sync


def _skip(row: ProviderRow) -> str:
    """Return why a provider is not asked, or ""."""
    if row.gateway == GatewayKind.EMBEDDED:
        return row.obstacle or "its models come with the installation"
    return row.obstacle


def _address(row: ProviderRow, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{row.name}/{name}" for name in names)
