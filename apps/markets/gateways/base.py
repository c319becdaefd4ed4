"""What every venue's gateway offers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from apps.markets.domain.markets import Batch, MarketReading


class VenueGateway(Protocol):
    """The way to one venue. One call is one attempt; retries are made elsewhere."""

    # The most markets that one call of `fetch_markets` takes.
    most_at_once: int

    def list_markets(
        self, *, query: str = "", limit: int | None = None
    ) -> AsyncIterator[MarketReading]:
        """Yield open markets, page after page, at most `limit`.

        Raises:
            UpstreamError: the venue failed; what was yielded before holds.
        """
        ...

    async def fetch_markets(self, external_ids: Sequence[str]) -> Batch:
        """Return these markets with their quotes and settlements, open or closed.

        A market that the venue does not know, or describes in a form that cannot be
        read, is a failure of its own; it takes no other down.

        Raises:
            UpstreamError: the venue failed as a whole; `retryable` says whether
                trying again can help.
            ValueError: more than `most_at_once` were asked for.
        """
        ...

    async def aclose(self) -> None:
        """Give the connections back."""
        ...
