"""How many requests one model may have in flight, learnt from its answers.

Growth is that of TCP's congestion window, doubling at first and then a little at a
time (RFC 5681), and only when the limit was really used (RFC 7661): a limit that
nothing pressed against has proved nothing. A rate limit cuts it; a server that fails
or is slow only stops the growth, since fewer requests would not mend it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class LimitPolicy:
    """Where the limit starts and how it moves."""

    start: int = 20
    minimum: int = 1
    maximum: int = 100
    growth: float = 0.05  # a clean round, after the first cut
    cut: float = 0.8  # what is kept
    debounce: timedelta = timedelta(seconds=15)

    @classmethod
    def fixed(cls, limit: int) -> LimitPolicy:
        """Return the policy of a server whose capacity is known."""
        return cls(start=limit, minimum=limit, maximum=limit)


@dataclass(frozen=True, slots=True)
class LimitChange:
    """One change of the limit, with its reason."""

    at: datetime
    old: int
    new: int
    reason: str


class AdaptiveLimit:
    """The state machine of one model's limit; every call is given the time."""

    def __init__(self, policy: LimitPolicy) -> None:
        """Start in slow start, outside any episode."""
        self.policy = policy
        self.value = policy.start
        self.changes: list[LimitChange] = []
        self._slow_start = True
        self._episode_until: datetime | None = None
        self._clean = 0
        self._pressed = False

    def record_success(
        self, *, now: datetime, in_flight: int, was_retried: bool = False
    ) -> None:
        """Count an answer; a round of them that used the whole limit raises it.

        `in_flight` is how many requests were under way, this one included. An answer
        that took a retry says nothing about the limit, nor does one that comes while
        a rate limit is still in force.
        """
        if was_retried or self._in_episode(now):
            return
        self._clean += 1
        self._pressed = self._pressed or in_flight >= self.value
        if self._clean < self.value:
            return
        if self._pressed:
            self._grow(now)
        self._restart_round()

    def record_rate_limit(
        self, *, now: datetime, retry_after_seconds: float | None = None
    ) -> None:
        """Cut once an episode; a further 429 inside it only prolongs it.

        An episode lasts for the debounce or for as long as the server asked to wait,
        whichever is longer.
        """
        asked = now + timedelta(seconds=retry_after_seconds or 0.0)
        self._restart_round()
        if self._in_episode(now) and self._episode_until is not None:
            self._episode_until = max(self._episode_until, asked)
            return
        self._episode_until = max(now + self.policy.debounce, asked)
        self._slow_start = False
        kept = max(self.policy.minimum, math.floor(self.value * self.policy.cut))
        self._change(kept, now, "rate limited: cut once for this episode")

    def record_trouble(self) -> None:
        """Note a failed or slow server: the round begins anew and nothing is cut."""
        self._restart_round()

    def _grow(self, now: datetime) -> None:
        if self._slow_start:
            wanted, reason = self.value * 2, "slow start: a clean round at the limit"
        else:
            wanted = self.value + max(1, round(self.value * self.policy.growth))
            reason = "a clean round at the limit"
        self._change(min(self.policy.maximum, wanted), now, reason)

    def _change(self, new: int, now: datetime, reason: str) -> None:
        if new == self.value:
            return
        self.changes.append(LimitChange(now, self.value, new, reason))
        self.value = new

    def _in_episode(self, now: datetime) -> bool:
        return self._episode_until is not None and now < self._episode_until

    def _restart_round(self) -> None:
        self._clean = 0
        self._pressed = False
