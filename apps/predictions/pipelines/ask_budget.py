"""Leave to put one more question, as long as an asking's cost limit allows."""

from __future__ import annotations

import asyncio
from decimal import Decimal

NOTHING = Decimal(0)


class BudgetSpentError(Exception):
    """No more questions may be put: no money is left, or the budget was closed."""


class AskBudget:
    """Counts what one asking has spent and reserved, in US dollars.

    A question is reserved at what its answer may come to, or at the dearest answer
    that its model has given. So the limit can be passed only by as much as answers
    under way turn out dearer than that. An answer whose cost is unknown counts as what
    was reserved for it.
    """

    def __init__(self, max_cost: Decimal | None, spent: Decimal) -> None:
        """Take the limit, None for none, and what was spent before."""
        self._max_cost = max_cost
        self._spent = spent
        self._reserved = NOTHING
        self._changed = asyncio.Condition()
        self._is_closed = False

    async def close(self) -> None:
        """Let no more questions be put; those under way go on."""
        async with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    async def admit(self, expected: Decimal) -> None:
        """Wait for leave to put a question that may cost so much.

        Raises:
            BudgetSpentError: there will be none.
        """
        async with self._changed:
            while not self._is_closed and not self._has_room(expected):
                if not self._reserved:
                    raise BudgetSpentError
                await self._changed.wait()
            if self._is_closed:
                raise BudgetSpentError
            self._reserved += expected

    async def settle(self, expected: Decimal, cost: Decimal | None) -> None:
        """Give up a reservation; `cost` is what it came to."""
        async with self._changed:
            self._reserved -= expected
            self._spent += expected if cost is None else cost
            self._changed.notify_all()

    def _has_room(self, expected: Decimal) -> bool:
        if self._max_cost is None or not expected:
            return True
        return self._spent + self._reserved + expected <= self._max_cost
