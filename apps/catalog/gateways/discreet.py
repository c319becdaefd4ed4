"""A gateway that lets no key out: providers repeat what they were sent in an error."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from apps.core.errors import UpstreamError

if TYPE_CHECKING:
    from apps.catalog.domain.completions import (
        Completion,
        CompletionRequest,
        ListedModel,
    )
    from apps.catalog.gateways.base import Gateway

STRUCK = "[removed]"
_TELLING = 8  # letters; providers themselves show fewer


class DiscreetGateway:
    """Strikes the key out of what is said of a failure, which is stored and read."""

    def __init__(self, inner: Gateway, key: str) -> None:
        """Take the gateway that speaks with `key`."""
        self._inner = inner
        self._key = key

    async def complete(self, request: CompletionRequest) -> Completion:
        """Ask once, and strike the key out of the detail."""
        completion = await self._inner.complete(request)
        if not completion.detail:
            return completion
        return replace(completion, detail=self._strike(completion.detail))

    async def list_models(self) -> tuple[ListedModel, ...]:
        """Return the listing.

        Raises:
            UpstreamError: the listing failed or broke off; the key is struck out.
        """
        try:
            return await self._inner.list_models()
        except UpstreamError as error:
            told = self._strike(str(error))
            raise UpstreamError(told, retryable=error.retryable) from None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()

    def _strike(self, text: str) -> str:
        """Strike out the key, and the start of it where the line was cut."""
        shown = text.replace(self._key, STRUCK)
        for length in range(len(self._key) - 1, _TELLING - 1, -1):
            if shown.endswith(self._key[:length]):
                return shown[:-length] + STRUCK
        return shown
