"""Who is alive: each process reports to Redis, and its last report outlives it.

The kinds of report tell failures apart. A worker, the scheduler and a follower of
streams each report from a thread of their own, so that a process is seen while its main
loop hangs. The pulse is a job that the scheduler sends and a worker runs: it stops when
the way between the two is blocked although both live.
"""

from __future__ import annotations

import json
import os
import socket
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Self

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from apps.core.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

KEY = "assay:heartbeats"
# In reports that failed to come: three may be lost before a process counts as late.
ALIVE_WITHIN = 3
DEAD_AFTER = 12
# How long the last report of a process that is gone is shown.
REMEMBERED_FOR = timedelta(days=1)
_KEY_SECONDS = 7 * 86_400
_TIMEOUT_SECONDS = 1.0


class Kind(StrEnum):
    """What reports."""

    WORKER = "worker"
    SCHEDULER = "scheduler"
    FOLLOWER = "follower"
    PULSE = "pulse"


class Life(StrEnum):
    """How old a report is, in words."""

    ALIVE = "alive"
    LATE = "late"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The last report of one process: who, when, and what it said about itself."""

    kind: Kind
    name: str
    at: datetime
    host: str = ""
    pid: int = 0
    facts: Mapping[str, object] = field(default_factory=dict)

    def age(self, now: datetime) -> timedelta:
        """Return the time since the report; a clock ahead of ours gives zero."""
        return max(timedelta(), now - self.at)

    def life(self, now: datetime) -> Life:
        """Say what the age means."""
        age = self.age(now)
        if age <= reports(ALIVE_WITHIN):
            return Life.ALIVE
        return Life.LATE if age <= reports(DEAD_AFTER) else Life.DEAD

    def moment(self, fact: str) -> datetime | None:
        """Return a fact that was reported as a time, or None where it was not."""
        text = self.facts.get(fact)
        return datetime.fromisoformat(text) if isinstance(text, str) else None

    def dump(self) -> str:
        """Return the report as it is stored."""
        return json.dumps(
            {
                "at": self.at.astimezone(UTC).isoformat(),
                "host": self.host,
                "pid": self.pid,
                "facts": dict(self.facts),
            }
        )

    @classmethod
    def load(cls, member: str, stored: str) -> Self:
        """Return the report stored under `member`, which is `kind/name`."""
        kind, _, name = member.partition("/")
        said = json.loads(stored)
        return cls(
            kind=Kind(kind),
            name=name,
            at=datetime.fromisoformat(said["at"]),
            host=said["host"],
            pid=said["pid"],
            facts=said["facts"],
        )


def reports(count: int) -> timedelta:
    """Return the time in which a process reports `count` times."""
    return timedelta(seconds=count * settings.HEARTBEAT_SECONDS)


def beat(
    kind: Kind, name: str, now: datetime, facts: Mapping[str, object] | None = None
) -> None:
    """Store this process's report under its name, in place of the one before.

    Args:
        kind: what reports.
        name: which of its kind; a process that replaces another takes over its name.
        now: the time of the report.
        facts: plain data about the process; times as ISO 8601 text.

    Raises:
        UnavailableError: Redis did not take it.
    """
    report = Heartbeat(kind, name, now, socket.gethostname(), os.getpid(), facts or {})
    with _translated_errors():
        pipe = _client(settings.HEARTBEAT_URL).pipeline(transaction=False)
        pipe.hset(KEY, f"{kind}/{name}", report.dump())
        pipe.expire(KEY, _KEY_SECONDS)
        pipe.execute()


def retire(kind: Kind, name: str) -> None:
    """Forget a process that leaves in order: it is not dead, it is gone.

    Raises:
        UnavailableError: Redis did not take it.
    """
    with _translated_errors():
        _client(settings.HEARTBEAT_URL).hdel(KEY, f"{kind}/{name}")


def read_heartbeats(now: datetime) -> tuple[Heartbeat, ...]:
    """Return the last report of every process heard of within a day, by kind and name.

    Raises:
        UnavailableError: Redis does not answer.
    """
    with _translated_errors():
        stored = _client(settings.HEARTBEAT_URL).hgetall(KEY)
    found = (
        Heartbeat.load(str(member), str(text))
        for member, text in sorted(stored.items())
    )
    return tuple(item for item in found if item.age(now) <= REMEMBERED_FOR)


def forget_old(now: datetime) -> None:
    """Remove the reports that are no longer shown.

    Raises:
        UnavailableError: Redis does not answer.
    """
    with _translated_errors():
        client = _client(settings.HEARTBEAT_URL)
        for member, text in client.hgetall(KEY).items():
            report = Heartbeat.load(str(member), str(text))
            if report.age(now) > REMEMBERED_FOR:
                client.hdel(KEY, member)


def has_live_worker(queue: str, now: datetime) -> bool:
    """Say whether a worker that serves `queue` has just reported.

    Raises:
        UnavailableError: Redis does not answer.
    """
    return any(
        report.kind is Kind.WORKER
        and report.life(now) is Life.ALIVE
        and queue in serves(report)
        for report in read_heartbeats(now)
    )


def serves(report: Heartbeat) -> tuple[str, ...]:
    """Return the queues that a worker's report names."""
    queues = report.facts.get("queues")
    return tuple(queues) if isinstance(queues, list) else ()


def ping() -> None:
    """Make sure that Redis answers.

    Raises:
        UnavailableError: it does not.
    """
    with _translated_errors():
        _client(settings.HEARTBEAT_URL).ping()


@cache
def _client(url: str) -> Redis:
    # One retry, at once: an idle connection that the server closed is no failure.
    return Redis.from_url(
        url,
        socket_timeout=_TIMEOUT_SECONDS,
        socket_connect_timeout=_TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 1),
        decode_responses=True,
    )


@contextmanager
def _translated_errors() -> Iterator[None]:
    """Turn what the Redis client raises into the one error that callers know."""
    try:
        yield
    except (RedisError, OSError) as error:
        raise UnavailableError(f"Redis does not answer: {error}") from error
