"""Shorthand for tests that ask a fake provider."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from apps.catalog.domain.completions import CompletionRequest, Message
from apps.catalog.gateways.anthropic import AnthropicGateway
from apps.catalog.gateways.openai_compatible import OpenAICompatibleGateway
from apps.core.http import open_http_client

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from apps.catalog.gateways.base import Gateway
    from tests.fakes.llm_server import FakeLLM

PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}


def ask(
    prompt: str = "Hello?",
    *,
    system: str = "",
    sampling: Mapping[str, object] | None = None,
    json_schema: Mapping[str, object] | None = None,
    seed: int | None = None,
) -> CompletionRequest:
    return CompletionRequest(
        model="fake-1",
        messages=(Message("user", prompt),),
        system=system,
        sampling=sampling or {},
        json_schema=json_schema,
        seed=seed,
    )


@asynccontextmanager
async def open_openai(
    server: FakeLLM, *, timeout_seconds: float = 60.0, silence: float = 60.0
) -> AsyncIterator[Gateway]:
    gateway = OpenAICompatibleGateway(
        http=open_http_client(is_local=True, read_seconds=silence),
        base_url=server.base_url,
        api_key="key-1",
        timeout_seconds=timeout_seconds,
    )
    yield gateway
    await gateway.aclose()


@asynccontextmanager
async def open_anthropic(
    server: FakeLLM, *, timeout_seconds: float = 60.0, silence: float = 60.0
) -> AsyncIterator[Gateway]:
    gateway = AnthropicGateway(
        http=open_http_client(is_local=True, read_seconds=silence),
        base_url=server.root_url,
        api_key="key-1",
        timeout_seconds=timeout_seconds,
    )
    yield gateway
    await gateway.aclose()
