"""A venue that exists only here: offline, so that there is something to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.markets.domain.markets import Batch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from datetime import datetime

    from apps.markets.domain.markets import MarketReading
    from apps.markets.domain.simulation import Simulation


class SimulatedGateway:
    """Answers from a simulation; it never fails."""

    most_at_once = 500

    def __init__(
        self, simulation: Simulation, *, clock: Callable[[], datetime]
    ) -> None:
        """Take the simulated world and the clock that it goes by."""
        self._simulation = simulation
        self._clock = clock

    async def list_markets(
        self, *, query: str = "", limit: int | None = None
    ) -> AsyncIterator[MarketReading]:
        """Yield what is open now."""
        given = 0
        for reading in self._simulation.list_open(self._clock()):
            if given == limit:
                return
            if query.lower() in reading.question.lower():
                given += 1
                yield reading

    async def fetch_markets(self, external_ids: Sequence[str]) -> Batch:
        """Return these markets as they stand now.

        Raises:
            ValueError: more than `most_at_once` were asked for.
        """
        if len(external_ids) > self.most_at_once:
            raise ValueError(f"at most {self.most_at_once} markets at once")
        now = self._clock()
        found = {one: self._simulation.read(one, now) for one in external_ids}
        return Batch(
            {name: reading for name, reading in found.items() if reading},
            {
                name: "the simulation has no such market"
                for name, reading in found.items()
                if not reading
            },
        )

    async def aclose(self) -> None:
        """Do nothing: there is no connection."""
