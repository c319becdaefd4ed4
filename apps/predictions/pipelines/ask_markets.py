"""Markets that are asked about, looked at anew when what is known of them is old."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from apps.core.database import call
from apps.core.errors import NotFoundError
from apps.markets.selectors.markets import get_markets

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime, timedelta
    from uuid import UUID

    from apps.markets.selectors.markets import MarketRow


class FreshMarkets:
    """Gives markets no older than asked for, each fetched once for all who ask.

    A venue that does not answer leaves a market as it is known; whether its price is
    too old is said when the prediction is recorded.
    """

    def __init__(
        self,
        refresh: Callable[[Sequence[UUID]], object],
        clock: Callable[[], datetime],
    ) -> None:
        """Take what fetches markets, and the time of day."""
        self._refresh = refresh
        self._clock = clock
        self._seen: dict[UUID, datetime] = {}
        self._turn = asyncio.Lock()

    async def look(self, market_ids: Sequence[UUID]) -> None:
        """Fetch all of these now."""
        if market_ids:
            await call(self._refresh, market_ids)
        self._seen |= dict.fromkeys(market_ids, self._clock())

    async def get(self, market_id: UUID, *, within: timedelta) -> MarketRow:
        """Return a market that was looked at within such a time.

        Raises:
            NotFoundError: it is gone.
        """
        async with self._turn:
            seen = self._seen.get(market_id)
            if seen is None or seen < self._clock() - within:
                await self.look([market_id])
        rows: Mapping[UUID, MarketRow] = await call(get_markets, [market_id])
        if market_id not in rows:
            raise NotFoundError(f"There is no market {market_id}.")
        return rows[market_id]
