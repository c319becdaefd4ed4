"""What stands in for a venue without a connection: a tape, or a simulation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from apps.markets.domain.markets import Batch, MarketReading

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Sequence
    from datetime import datetime


class World(Protocol):
    """Markets as they stand at any moment that is asked for."""

    def list_open(self, now: datetime) -> Iterable[MarketReading]:
        """Return the markets that are open at a moment."""
        ...

    def read(self, external_id: str, now: datetime, /) -> MarketReading | None:
        """Return a market at a moment; None where there is none."""
        ...


class StandInGateway:
    """Answers as a world says of the moment that its clock shows."""

    most_at_once = 500
    unknown = "there is no such market"

    def __init__(self, world: World, *, clock: Callable[[], datetime]) -> None:
        """Take what is asked and the clock that it goes by."""
        self._world = world
        self._clock = clock

    async def list_markets(
        self, *, query: str = "", limit: int | None = None
    ) -> AsyncIterator[MarketReading]:
        """Yield the markets that are open at this moment."""
        given = 0
        for reading in self._world.list_open(self._clock()):
            if given == limit:
                return
            if query.lower() in reading.question.lower():
                given += 1
                yield reading

    async def fetch_markets(self, external_ids: Sequence[str]) -> Batch:
        """Return these markets as they stand at this moment.

        Raises:
            ValueError: more than `most_at_once` were asked for.
        """
        if len(external_ids) > self.most_at_once:
            raise ValueError(f"at most {self.most_at_once} markets at once")
        now = self._clock()
        found = {one: self._world.read(one, now) for one in external_ids}
        return Batch(
            {name: reading for name, reading in found.items() if reading},
            {name: self.unknown for name, reading in found.items() if not reading},
        )

    async def aclose(self) -> None:
        """Do nothing: there is no connection."""
