"""Trying a workspace's credential out."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.catalog.pipelines.gateways import open_gateway
from apps.catalog.selectors.own_keys import read_own_key
from apps.catalog.selectors.providers import get_provider
from apps.core.errors import NotFoundError, UnavailableError, UpstreamError

if TYPE_CHECKING:
    from uuid import UUID

    from apps.catalog.domain.credentials import OwnKey
    from apps.catalog.selectors.providers import ProviderRow

PATIENCE_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Trial:
    """What a provider said to a credential: how many models it lists, or why none."""

    is_accepted: bool
    models: int
    detail: str


def try_credential(*, workspace_id: UUID, provider: str) -> Trial:
    """Ask a provider for its models with the workspace's key, and store nothing.

    Raises:
        NotFoundError: there is no such provider, or no credential for it.
    """
    row = get_provider(provider)
    key = read_own_key(workspace_id, provider)
    if not key.value:
        raise NotFoundError(f"No credential for {provider!r} is stored here.")
    return asyncio.run(_try(row, key))


async def _try(provider: ProviderRow, key: OwnKey) -> Trial:
    try:
        async with (
            asyncio.timeout(PATIENCE_SECONDS),
            open_gateway(provider, own_key=key) as gateway,
        ):
            listed = await gateway.list_models()
    except TimeoutError:
        return Trial(
            is_accepted=False,
            models=0,
            detail=f"no answer within {PATIENCE_SECONDS:.0f} seconds",
        )
    except (UpstreamError, UnavailableError) as error:
        return Trial(is_accepted=False, models=0, detail=str(error))
    return Trial(is_accepted=True, models=len(listed), detail="")
