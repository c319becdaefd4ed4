"""Which gateway speaks to a provider."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from django.conf import settings

from apps.catalog.domain.completions import Outcome
from apps.catalog.gateways.anthropic import AnthropicGateway
from apps.catalog.gateways.base import ClosedGateway
from apps.catalog.gateways.embedded import EmbeddedGateway
from apps.catalog.gateways.embedded_process import ensure_embedded_llm
from apps.catalog.gateways.openai_compatible import OpenAICompatibleGateway
from apps.catalog.models import GatewayKind
from apps.catalog.selectors.credentials import read_key
from apps.core.http import open_http_client

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from apps.catalog.gateways.base import Gateway
    from apps.catalog.selectors.providers import ProviderRow

# A small model on two busy cores may think for long before its first word.
_LOCAL_SILENCE_SECONDS = 300.0
_SILENCE_SECONDS = 120.0


def get_run_dir() -> Path:
    """Return the folder where the embedded model's process says where it is."""
    run_dir: Path = settings.VAR_DIR / "run"
    return run_dir


@asynccontextmanager
async def open_gateway(
    provider: ProviderRow, *, connections: int = 100
) -> AsyncIterator[Gateway]:
    """Have a gateway to `provider` for as long as the block lasts.

    A provider that cannot be asked gets a gateway that says so to every request. The
    embedded model is started where nothing serves it yet.

    Raises:
        UnavailableError: the embedded model is not installed or does not start.
    """
    if provider.gateway == GatewayKind.EMBEDDED and provider.is_active:
        async with _open_embedded(connections) as embedded:
            yield embedded
        return
    gateway = _make_gateway(provider, connections)
    try:
        yield gateway
    finally:
        await gateway.aclose()


def _make_gateway(provider: ProviderRow, connections: int) -> Gateway:
    if provider.obstacle:
        missing_key = not provider.has_key
        outcome = Outcome.MISSING_KEY if missing_key else Outcome.UPSTREAM_FAILED
        return ClosedGateway(outcome, f"{provider.name}: {provider.obstacle}")
    http = open_http_client(
        read_seconds=_LOCAL_SILENCE_SECONDS if provider.is_local else _SILENCE_SECONDS,
        max_connections=connections,
        is_local=provider.is_local,
    )
    key = read_key(provider.key_variable)
    if provider.gateway == GatewayKind.ANTHROPIC:
        return AnthropicGateway(http=http, api_key=key, base_url=provider.base_url)
    return OpenAICompatibleGateway(http=http, base_url=provider.base_url, api_key=key)


@asynccontextmanager
async def _open_embedded(connections: int) -> AsyncIterator[EmbeddedGateway]:
    holder = ensure_embedded_llm(get_run_dir())
    # A start takes a second and blocks; so may a stop.
    model = await asyncio.to_thread(holder.__enter__)
    gateway = EmbeddedGateway(
        locate=model.locate,
        open_http=partial(
            open_http_client,
            read_seconds=_LOCAL_SILENCE_SECONDS,
            max_connections=connections,
            is_local=True,
        ),
    )
    try:
        yield gateway
    finally:
        await gateway.aclose()
        await asyncio.to_thread(holder.__exit__, None, None, None)
