"""The exact sliding window: how many calls the last hour has seen.

Calls are counted by the second. A second leaves the window when its last instant has,
so that no stretch of the window's length ever holds more calls than the limit. What is
kept is one pair of numbers for each second that had a call, whatever the limit.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Count:
    """What one call found: whether it was let in, and what the window holds now.

    `reset` is in how many whole seconds the oldest calls leave the window, zero where
    there are none.
    """

    admitted: bool
    used: int
    reset: int


class SlidingWindow:
    """Counts the calls of one caller; the Lua script does the same in Redis."""

    def __init__(self, seconds: int) -> None:
        """Start empty; `seconds` is the length of the window."""
        self._seconds = seconds
        self._counts: deque[list[int]] = deque()
        self._used = 0

    def admit(self, now: float, limit: int) -> Count:
        """Let a call in if there is room for it, and count it then."""
        second = math.floor(now)
        if self._counts:  # a clock that was set back adds to the newest second
            second = max(second, self._counts[-1][0])
        while self._counts and self._counts[0][0] + self._seconds < second:
            self._used -= self._counts.popleft()[1]
        admitted = self._used < limit
        if admitted:
            if self._counts and self._counts[-1][0] == second:
                self._counts[-1][1] += 1
            else:
                self._counts.append([second, 1])
            self._used += 1
        return Count(admitted, self._used, self._reset(now))

    def _reset(self, now: float) -> int:
        if not self._counts:
            return 0
        return math.ceil(self._counts[0][0] + self._seconds + 1 - now)
