"""Leave to begin samples, as long as the run's cost limit allows."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING

from apps.benchmarks.domain.outcomes import was_answered
from apps.benchmarks.services.budget import reserve_budget
from apps.core.database import call_patiently

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apps.benchmarks.domain.samples import SampleResult
    from apps.benchmarks.services.leases import Lease

_WAIT_SECONDS = 0.1


class Budget:
    """Counts what one shard may still begin.

    A sample is reserved at its expected cost: the estimate, or the dearest one seen
    so far. Since an estimate may be far off, one sample goes ahead alone, and then
    twice as many as were seen may be under way. So the limit can be passed only by
    as much as samples under way turn out dearer than any before them.
    """

    def __init__(
        self,
        lease: Lease,
        *,
        max_cost: Decimal | None,
        expected: Decimal | None,
        patience_seconds: float,
    ) -> None:
        """Take US dollars: the run's limit and the expected cost of one sample.

        Samples that cost nothing are begun without asking.
        """
        self._lease = lease
        self._limited = max_cost is not None and expected != 0
        self._per_sample = expected or Decimal(0)
        self._patience = patience_seconds
        self._granted = 0
        self._begun = 0  # and not yet stored
        self._untold = 0  # answers whose cost cannot be told: it was spent all the same
        self._seen = 0

    def reserved_without(self, results: Sequence[SampleResult]) -> Decimal:
        """Return what is still reserved, in US dollars, once these are stored."""
        if not self._limited:
            return Decimal(0)
        left = self._granted + self._begun - len(results)
        kept = self._untold + _count_untold(results)
        return max(self._per_sample, _dearest(results)) * (left + kept)

    async def admit(self, wanted: int) -> bool:
        """Wait for leave to begin one sample; False when the limit is reached.

        Raises:
            LeaseLostError: somebody else has the shard.
        """
        if not self._limited:
            return True
        while not self._granted:
            room = max(1, 2 * self._seen) - self._begun
            if room > 0 and not await self._ask(min(wanted, room)):
                return False
            if not self._granted:
                await asyncio.sleep(_WAIT_SECONDS)
        self._granted -= 1
        self._begun += 1
        return True

    async def _ask(self, wanted: int) -> bool:
        """Ask for reservations; False when none can come free any more."""
        grant = await call_patiently(
            self._patience,
            reserve_budget,
            lease=self._lease,
            per_sample=self._per_sample,
            outstanding=self._begun + self._untold,
            wanted=max(wanted, 1),
        )
        self._granted = grant.samples
        return bool(grant.samples or self._begun or grant.others_pending)

    def settle(self, results: Sequence[SampleResult]) -> None:
        """Give up the reservations of results that were stored."""
        self._per_sample = max(self._per_sample, _dearest(results))
        self._untold += _count_untold(results)
        self._begun -= len(results)
        self._seen += sum(was_answered(result.outcome) for result in results)


def _dearest(results: Sequence[SampleResult]) -> Decimal:
    costs = (result.cost for result in results if result.cost is not None)
    return max(costs, default=Decimal(0))


def _count_untold(results: Sequence[SampleResult]) -> int:
    return sum(
        result.cost is None and was_answered(result.outcome) for result in results
    )
