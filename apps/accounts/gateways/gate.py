"""Redis as the gate of the API: identities, entitlements and counts of calls.

Everything here is a copy or may be lost: what is missing is read from the database,
and when Redis is gone `UnavailableError` tells the caller to count by itself.
"""

from __future__ import annotations

import math
import time
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import structlog
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from apps.accounts.domain.windows import Count
from apps.accounts.gateways.script import Script
from apps.core.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from apps.accounts.gateways.script import Sent

logger = structlog.get_logger(__name__)

PREFIX = "assay:gate:"
# How long a copy may be behind what an administrator changed.
FRESH_SECONDS = 5
# A refusal outlives every copy that was read before it was decided.
REFUSED_SECONDS = 60
_TIMEOUT_SECONDS = 0.5
_PAUSE_SECONDS = 1.0  # after a failure, so that a dead server slows nobody down
_COMPLAIN_EVERY_SECONDS = 60.0
_MOST_CONNECTIONS = 1_000_000
_FAILURES = (RedisError, OSError)
_SCRIPT = (Path(__file__).parent / "gate.lua").read_text()


class Ask(NamedTuple):
    """What is asked about one call.

    Args:
        identity: the name of the caller's identity, "" for none.
        subject: what calls without an identity are counted by.
        bits: the caller's address, as `addresses.bits_of` writes it.
        window: seconds that are looked back over; without any, nothing is counted.
        limit: a limit in place of the entitlements'.
    """

    identity: str
    subject: str
    bits: str = ""
    window: int = 3600
    limit: int | None = None


class Look(NamedTuple):
    """What the script said: a word, and the rest as far as it came.

    `word` is `ok`, `refused`, `expired` or `address`, or names what is missing here:
    `no identity`, `no entitlements`. `limit` is None where calls are not counted.
    """

    word: str
    record: str = ""
    view: str = ""
    admitted: bool = False
    used: int = 0
    limit: int | None = None
    reset: int = 0


class Gate:
    """One Redis server as the gate; threads may share it."""

    def __init__(
        self, url: str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Connect at the first call; `clock` gives seconds and never goes back."""
        # One retry, at once: an idle connection that the server closed is no failure.
        self._client = Redis.from_url(
            url,
            socket_timeout=_TIMEOUT_SECONDS,
            socket_connect_timeout=_TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 1),
            # As many as there are threads: to be refused one would be to lose count.
            max_connections=_MOST_CONNECTIONS,
            decode_responses=True,
        )
        self._script = Script(self._client.connection_pool, _SCRIPT)
        self._clock = clock
        self._silent_until = float("-inf")
        self._complain_after = float("-inf")

    def ask(self, ask: Ask, *, now: float | None = None) -> Asked:
        """Send what identifies a caller and counts the call, in one round trip.

        `now` is in seconds since 1970; without it the server's own time counts.

        Raises:
            UnavailableError: Redis did not answer, now or just before.
        """
        self._require_answers()
        keys = (1, f"{PREFIX}{ask.identity}") if ask.identity else (0,)
        try:
            sent = self._script.send(
                *keys,
                PREFIX,
                ask.subject,
                "" if now is None else f"{now:.6f}",
                ask.bits,
                ask.window,
                "" if ask.limit is None else ask.limit,
            )
        except _FAILURES as error:
            raise self.failed(error) from error
        return Asked(ask, self, sent)

    def look(self, ask: Ask, *, now: float | None = None) -> Look:
        """Ask, and wait for the answer.

        Raises:
            UnavailableError: Redis did not answer, now or just before.
        """
        return self.ask(ask, now=now).look()

    def remember_identity(
        self,
        identity: str,
        record: str,
        *,
        workspace: str = "",
        expires: float | None = None,
        networks: Sequence[str] = (),
    ) -> None:
        """Keep a copy of an identity, unless there is one: a refusal stays.

        Raises:
            UnavailableError: Redis did not take it.
        """
        until = "" if expires is None else f"{expires:.6f}"
        text = f"{workspace}|{until}|{' '.join(networks)}|{record}"
        with self._guarded():
            self._client.set(f"{PREFIX}{identity}", text, ex=FRESH_SECONDS, nx=True)

    def refuse_identity(self, identity: str, record: str) -> None:
        """Refuse an identity from now on, whatever copy of it there was.

        Raises:
            UnavailableError: Redis did not take it.
        """
        with self._guarded():
            self._client.set(f"{PREFIX}{identity}", f"|||{record}", ex=REFUSED_SECONDS)

    def forget_identity(self, identity: str) -> None:
        """Drop the copy of an identity: the next look reads it anew.

        Raises:
            UnavailableError: Redis did not take it.
        """
        with self._guarded():
            self._client.delete(f"{PREFIX}{identity}")

    def remember_entitlements(
        self, workspace: str, view: str, *, limit: int | None
    ) -> None:
        """Keep a copy of what a workspace is entitled to.

        Raises:
            UnavailableError: Redis did not take it.
        """
        calls = "" if limit is None else str(limit)
        with self._guarded():
            self._client.set(
                f"{PREFIX}entitlements:{workspace}",
                f"{calls}|{view}",
                ex=FRESH_SECONDS,
            )

    def count(self, subject: str, window: int, now: float) -> Count:
        """Return what a caller's window holds, without counting a call.

        Raises:
            UnavailableError: Redis did not answer.
        """
        with self._guarded():
            kept = self._client.lrange(f"{PREFIX}calls:{subject}", 0, -1)
        pairs = zip(kept[::2], kept[1::2], strict=True)
        inside = [
            (int(second), int(calls))
            for second, calls in pairs
            if int(second) + window >= math.floor(now)
        ]
        used = sum(calls for _, calls in inside)
        reset = math.ceil(inside[0][0] + window + 1 - now) if inside else 0
        return Count(admitted=True, used=used, reset=reset)

    def failed(self, error: Exception) -> UnavailableError:
        """Return a failure as it is raised, and ask nothing for a moment."""
        now = self._clock()
        self._silent_until = now + _PAUSE_SECONDS
        self._complain(now, error)
        return UnavailableError(f"Redis does not answer: {error}")

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        self._require_answers()
        try:
            yield
        except _FAILURES as error:
            raise self.failed(error) from error

    def _require_answers(self) -> None:
        if self._clock() < self._silent_until:
            raise UnavailableError("Redis did not answer a moment ago.")

    def _complain(self, now: float, error: Exception) -> None:
        if now < self._complain_after:
            return
        self._complain_after = now + _COMPLAIN_EVERY_SECONDS
        logger.warning("gate_without_redis", error=str(error))


class Asked:
    """What a gate was asked: the answer is read once, or dropped."""

    __slots__ = ("_gate", "_sent", "ask")

    def __init__(self, ask: Ask, gate: Gate, sent: Sent) -> None:
        """Remember what was asked, and whom."""
        self.ask = ask
        self._gate = gate
        self._sent = sent

    def look(self) -> Look:
        """Wait for the answer.

        Raises:
            UnavailableError: it does not come.
        """
        try:
            return _read(self._sent.read())
        except _FAILURES as error:
            raise self._gate.failed(error) from error

    def drop(self) -> None:
        """Want no answer, where it has not been read; the call may be counted."""
        self._sent.drop()


@cache
def gate_of(url: str) -> Gate:
    """Return this process's gate at a Redis server."""
    return Gate(url)


def _read(answer: list[Any]) -> Look:
    if answer[0] != "ok":
        return Look(*answer)
    word, record, view, admitted, used, limit, reset = answer
    limit = None if limit == "" else limit
    return Look(word, record, view, bool(admitted), used, limit, reset)
