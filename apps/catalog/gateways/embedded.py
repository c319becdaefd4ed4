"""The embedded model, reached over loopback as any OpenAI-compatible server is."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from apps.catalog.domain.completions import (
    Completion,
    CompletionRequest,
    ListedModel,
    Outcome,
)
from apps.catalog.domain.failures import fail
from apps.catalog.gateways.embedded_server import CONTEXT_PER_SLOT, MODEL
from apps.catalog.gateways.openai_compatible import OpenAICompatibleGateway
from apps.core.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx2

    from apps.catalog.gateways.embedded_process import Address


class EmbeddedGateway:
    """Follows the embedded model to the port of its latest start."""

    def __init__(
        self,
        *,
        locate: Callable[[], Address],
        open_http: Callable[[], httpx2.AsyncClient],
        timeout_seconds: float = 600.0,
    ) -> None:
        """`locate` may block: it is called in a thread, and after every break."""
        self._locate = locate
        self._open_http = open_http
        self._timeout = timeout_seconds
        self._lock = asyncio.Lock()
        self._address: Address | None = None
        # The latest one is in use; those before it may still have someone waiting.
        self._inners: list[OpenAICompatibleGateway] = []
        self._is_suspect = False

    async def complete(self, request: CompletionRequest) -> Completion:
        """Ask once; llama.cpp answers to any name, so the name is checked here."""
        if request.model != MODEL:
            return fail(
                Outcome.UNKNOWN_MODEL, f"{request.model!r} is not embedded; {MODEL} is."
            )
        try:
            inner = await self._connect()
        except UnavailableError as error:
            return fail(Outcome.UPSTREAM_FAILED, str(error), retryable=True)
        completion = await inner.complete(request)
        if completion.outcome in (Outcome.UPSTREAM_FAILED, Outcome.MISSING_KEY):
            self._is_suspect = True  # it may have been started anew, with a new key
        if completion.outcome is Outcome.MISSING_KEY:
            return fail(Outcome.UPSTREAM_FAILED, "started anew", retryable=True)
        return completion

    async def list_models(self) -> tuple[ListedModel, ...]:
        """Return the one model there is; nothing has to run for that."""
        return (ListedModel(name=MODEL, context_window=CONTEXT_PER_SLOT),)

    async def aclose(self) -> None:
        """Close the connections; the process belongs to whoever started it."""
        for inner in self._inners:
            await inner.aclose()

    async def _connect(self) -> OpenAICompatibleGateway:
        async with self._lock:
            if self._inners and not self._is_suspect:
                return self._inners[-1]
            address = await asyncio.to_thread(self._locate)
            self._is_suspect = False
            if address != self._address:
                self._address = address
                http = self._open_http()
                # The server closes a connection that is used again, unannounced, one
                # time in forty; a new one on loopback costs nothing beside an answer.
                http.headers["Connection"] = "close"
                inner = OpenAICompatibleGateway(
                    http=http,
                    base_url=address.url,
                    api_key=address.key,
                    timeout_seconds=self._timeout,
                )
                self._inners.append(inner)
            return self._inners[-1]
