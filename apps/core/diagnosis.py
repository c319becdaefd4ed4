"""What the heartbeats mean: a verdict on each part, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from apps.core.health import Finding
from apps.core.heartbeats import (
    DEAD_AFTER,
    Heartbeat,
    Kind,
    Life,
    reports,
    serves,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

START_WORKER = "Start a worker: the `worker` and `benchmarks` lines of the Procfile."
START_SCHEDULER = "Start the scheduler: the `scheduler` line of the Procfile."
START_FOLLOWER = "Start a follower: the `follower` line of the Procfile."
# In reports: the scheduler ticks once a report and sends a pulse every second one.
STUCK_AFTER = 6
PULSE_LATE_AFTER = 9
# A follower ticks each minute, and asks venues in between for what was resolved.
FOLLOWER_STUCK_AFTER = timedelta(minutes=15)

MINUTE = 60
HOUR = 3600


@dataclass(frozen=True, slots=True)
class Standing:
    """One process as a person is to see it: `word` is alive, late, stuck or dead."""

    heartbeat: Heartbeat
    word: str
    detail: str
    advice: str = ""


def judge_workers(
    heartbeats: Iterable[Heartbeat], queues: Iterable[str], now: datetime
) -> Finding:
    """Say whether every queue has a worker that lives and reaches its broker."""
    workers = [beat for beat in heartbeats if beat.kind is Kind.WORKER]
    alive = [beat for beat in workers if beat.life(now) is Life.ALIVE]
    if not alive:
        return Finding(ok=False, detail=_last_seen(workers, now), advice=START_WORKER)
    unserved = sorted(set(queues) - {queue for beat in alive for queue in serves(beat)})
    if unserved:
        detail = f"no worker serves the queue {', '.join(unserved)}"
        return Finding(ok=False, detail=detail, advice=START_WORKER)
    lost = [beat.name for beat in alive if not beat.facts.get("connected")]
    if lost:
        detail = f"{', '.join(lost)} cannot reach the broker"
        return Finding(ok=False, detail=detail, advice="Look at CELERY_BROKER_URL.")
    return Finding(ok=True, detail=f"{len(alive)} alive")


def judge_scheduler(heartbeats: Iterable[Heartbeat], now: datetime) -> Finding:
    """Say whether exactly one scheduler lives and ticks."""
    schedulers = [beat for beat in heartbeats if beat.kind is Kind.SCHEDULER]
    alive = [beat for beat in schedulers if beat.life(now) is Life.ALIVE]
    if not alive:
        return Finding(
            ok=False, detail=_last_seen(schedulers, now), advice=START_SCHEDULER
        )
    stuck = [beat for beat in alive if is_stuck(beat, now)]
    if stuck:
        return Finding(
            ok=False,
            detail=f"{stuck[0].name} lives, but hangs since its last tick",
            advice="It waits for the database or the broker: look at both, then at "
            "its log.",
        )
    if len(alive) > 1:
        return Finding(
            ok=False,
            detail=f"{len(alive)} are alive: every job is sent that often",
            advice="Stop all schedulers but one.",
        )
    return Finding(ok=True, detail=f"last tick {_ago(alive[0].age(now))}")


def judge_pulse(heartbeats: Iterable[Heartbeat], now: datetime) -> Finding:
    """Say whether jobs get from the scheduler through the broker into a worker."""
    pulses = [beat for beat in heartbeats if beat.kind is Kind.PULSE]
    if pulses and pulses[0].age(now) <= reports(PULSE_LATE_AFTER):
        return Finding(ok=True, detail=f"last job ran {_ago(pulses[0].age(now))}")
    return Finding(
        ok=False,
        detail=_last_seen(pulses, now),
        advice="If scheduler and worker live, the broker holds jobs back, or every "
        "slot of the worker is taken: look at the queue and at the broker.",
    )


def judge_followers(heartbeats: Iterable[Heartbeat], now: datetime) -> Finding:
    """Say whether a follower of streams lives and ticks, where there is one at all.

    None need be: without it prices come with the hours. One that fell silent is missed.
    """
    followers = [beat for beat in heartbeats if beat.kind is Kind.FOLLOWER]
    if not followers:
        return Finding(ok=True, detail="none has reported within a day")
    alive = [beat for beat in followers if beat.life(now) is Life.ALIVE]
    if not alive:
        return Finding(
            ok=False, detail=_last_seen(followers, now), advice=START_FOLLOWER
        )
    if all(is_stuck(beat, now) for beat in alive):
        return Finding(
            ok=False,
            detail=f"{alive[0].name} lives, but has stored nothing it heard for long",
            advice="It waits for the database or a venue: look at its log.",
        )
    return Finding(ok=True, detail=f"{len(alive)} alive")


def is_stuck(beat: Heartbeat, now: datetime) -> bool:
    """Say whether a scheduler or follower that reports has not ticked for long."""
    ticked_at = beat.moment("ticked_at")
    follows = beat.kind is Kind.FOLLOWER
    limit = FOLLOWER_STUCK_AFTER if follows else reports(STUCK_AFTER)
    return ticked_at is None or now - ticked_at > limit


def stand(beat: Heartbeat, now: datetime) -> Standing:
    """Say how one process stands."""
    advice = {
        Kind.WORKER: START_WORKER,
        Kind.SCHEDULER: START_SCHEDULER,
        Kind.FOLLOWER: START_FOLLOWER,
    }
    life = beat.life(now)
    seen = f"reported {_ago(beat.age(now))}"
    if life is Life.DEAD:
        return Standing(beat, "dead", seen, advice.get(beat.kind, ""))
    if life is Life.LATE:
        seconds = reports(DEAD_AFTER).total_seconds()
        return Standing(beat, "late", seen, f"Wait: it is dead after {seconds:.0f} s.")
    if beat.kind in (Kind.SCHEDULER, Kind.FOLLOWER) and is_stuck(beat, now):
        return Standing(beat, "stuck", seen, "Look at the database and the broker.")
    return Standing(beat, "alive", seen)


def _last_seen(heartbeats: list[Heartbeat], now: datetime) -> str:
    if not heartbeats:
        return "none has reported within a day"
    return f"last reported {_ago(min(beat.age(now) for beat in heartbeats))}"


def _ago(age: timedelta) -> str:
    seconds = int(age.total_seconds())
    if seconds < 2 * MINUTE:
        return f"{seconds} s ago"
    if seconds < 2 * HOUR:
        return f"{seconds // MINUTE} min ago"
    return f"{seconds // HOUR} h ago"
