"""Which gateway speaks to a provider."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from django.conf import settings

from apps.catalog.domain.completions import Outcome
from apps.catalog.gateways.base import ClosedGateway
from apps.catalog.gateways.discreet import DiscreetGateway
from apps.catalog.gateways.embedded_process import ensure_embedded_llm
from apps.catalog.models import GatewayKind
from apps.catalog.selectors.credentials import read_key
from apps.catalog.selectors.providers import find_fault
from apps.core.http import open_http_client

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from apps.catalog.domain.credentials import OwnKey
    from apps.catalog.gateways.anthropic import AnthropicGateway
    from apps.catalog.gateways.base import Gateway
    from apps.catalog.gateways.embedded import EmbeddedGateway
    from apps.catalog.gateways.openai_compatible import OpenAICompatibleGateway
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
    provider: ProviderRow, *, connections: int = 100, own_key: OwnKey | None = None
) -> AsyncIterator[Gateway]:
    """Have a gateway to `provider` for as long as the block lasts.

    It speaks with the operator's key, or where `own_key` is given with that one and
    never with another, whatever it holds. A provider that cannot be asked gets a
    gateway that says so to every request. The embedded model is started where nothing
    serves it yet.

    Raises:
        UnavailableError: the embedded model is not installed or does not start.
    """
    if provider.gateway == GatewayKind.EMBEDDED and provider.is_active:
        async with _open_embedded(connections) as embedded:
            yield embedded
        return
    gateway = _make_gateway(provider, connections, own_key)
    try:
        yield gateway
    finally:
        await gateway.aclose()


def _make_gateway(
    provider: ProviderRow, connections: int, own_key: OwnKey | None
) -> Gateway:
    key = read_key(provider.key_variable) if own_key is None else own_key.value
    obstacle = provider.obstacle if own_key is None else _obstacle_to(provider, own_key)
    if obstacle:
        missing_key = not (provider.has_key if own_key is None else key)
        outcome = Outcome.MISSING_KEY if missing_key else Outcome.UPSTREAM_FAILED
        return ClosedGateway(outcome, f"{provider.name}: {obstacle}")
    http = open_http_client(
        read_seconds=_LOCAL_SILENCE_SECONDS if provider.is_local else _SILENCE_SECONDS,
        max_connections=connections,
        is_local=provider.is_local,
    )
    gateway = _gateway_class(provider.gateway)(
        http=http, api_key=key, base_url=provider.base_url
    )
    return DiscreetGateway(gateway, key) if key else gateway


# The providers' clients take two seconds to load, which whoever asks nobody, as most
# commands and pages do, need not wait for.
def load_clients() -> None:
    """Load what providers are asked with, which happens else with the first asking."""
    for kind in GatewayKind:
        _gateway_class(kind)


def _gateway_class(kind: str) -> type[AnthropicGateway | OpenAICompatibleGateway]:
    if kind == GatewayKind.ANTHROPIC:
        from apps.catalog.gateways.anthropic import AnthropicGateway  # noqa: PLC0415

        return AnthropicGateway
    from apps.catalog.gateways.openai_compatible import (  # noqa: PLC0415
        OpenAICompatibleGateway,
    )

    return OpenAICompatibleGateway


def _obstacle_to(provider: ProviderRow, key: OwnKey) -> str:
    """Return why a workspace cannot have a provider asked with its own key, or ""."""
    if provider.is_local:
        return "it belongs to the operator, and runs on demand do not reach it"
    if not key.value:
        return "the workspace holds no credential for it"
    return find_fault(provider)


@asynccontextmanager
async def _open_embedded(connections: int) -> AsyncIterator[EmbeddedGateway]:
    from apps.catalog.gateways.embedded import EmbeddedGateway  # noqa: PLC0415

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
