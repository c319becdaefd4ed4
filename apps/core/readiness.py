"""The checks and metrics of the parts that every app stands on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from apps.core.broker import queue_depths
from apps.core.diagnosis import judge_pulse, judge_scheduler, judge_workers
from apps.core.errors import UnavailableError
from apps.core.health import Finding, health_checks
from apps.core.heartbeats import Kind, Life, ping, read_heartbeats
from apps.core.metrics import Metric, Reading, Shape, Source, register_source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

HEARTBEAT_AGE = Metric(
    "assay_heartbeat_age_seconds",
    Shape.GAUGE,
    "Time since the last report of a worker, scheduler or follower, or the last pulse.",
    ("kind", "name"),
)
WORKERS_ACTIVE = Metric(
    "assay_workers_active",
    Shape.GAUGE,
    "Workers that missed none of their last three reports.",
)
WORKER_SLOTS = Metric(
    "assay_worker_slots",
    Shape.GAUGE,
    "Jobs that a worker can run at a time.",
    ("worker",),
)
WORKER_JOBS = Metric(
    "assay_worker_jobs_active",
    Shape.GAUGE,
    "Jobs that a worker runs now.",
    ("worker",),
)
QUEUE_DEPTH = Metric(
    "assay_queue_depth",
    Shape.GAUGE,
    "Jobs that wait in a queue of the broker.",
    ("queue",),
)


def register_core() -> None:
    """Register what readiness and metrics need of the installation itself."""
    health_checks.register("database", check_database)
    health_checks.register("migrations", check_migrations)
    health_checks.register("redis", check_redis)
    health_checks.register("worker", check_worker)
    health_checks.register("scheduler", check_scheduler)
    health_checks.register("jobs", check_jobs)
    ages = (HEARTBEAT_AGE, WORKERS_ACTIVE, WORKER_SLOTS, WORKER_JOBS)
    register_source(Source("heartbeats", ages, read_ages))
    register_source(Source("broker", (QUEUE_DEPTH,), read_depths))


def check_database(_now: datetime) -> Finding:
    """Ask the database for one row."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        connection.close()  # or this thread keeps the broken one
        detail = " ".join(str(error).split())
        return Finding(ok=False, detail=detail, advice="Look at DATABASE_URL.")
    return Finding(ok=True, detail="answers")


def check_migrations(_now: datetime) -> Finding:
    """Compare the migrations that the code has with those that were applied."""
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not missing:
        return Finding(ok=True, detail="all applied")
    first = missing[0][0]
    return Finding(
        ok=False,
        detail=f"{len(missing)} not applied, the first is {first}",
        advice="Run `manage.py migrate`.",
    )


def check_redis(_now: datetime) -> Finding:
    """Ask Redis for a sign of life."""
    try:
        ping()
    except UnavailableError as error:
        return Finding(ok=False, detail=str(error), advice="Look at REDIS_URL.")
    return Finding(ok=True, detail="answers")


def check_worker(now: datetime) -> Finding:
    """Look for workers that live."""
    return judge_workers(read_heartbeats(now), settings.QUEUES, now)


def check_scheduler(now: datetime) -> Finding:
    """Look for a scheduler that lives and ticks."""
    return judge_scheduler(read_heartbeats(now), now)


def check_jobs(now: datetime) -> Finding:
    """Look at when a job last went all the way."""
    return judge_pulse(read_heartbeats(now), now)


def read_ages(now: datetime) -> Iterator[Reading]:
    """Read what the processes last reported."""
    heartbeats = read_heartbeats(now)
    for beat in heartbeats:
        age = beat.age(now).total_seconds()
        yield Reading(HEARTBEAT_AGE, age, (beat.kind, beat.name))
    alive = [
        beat
        for beat in heartbeats
        if beat.kind is Kind.WORKER and beat.life(now) is Life.ALIVE
    ]
    yield Reading(WORKERS_ACTIVE, len(alive))
    for beat in alive:
        for metric, fact in ((WORKER_SLOTS, "slots"), (WORKER_JOBS, "active")):
            yield Reading(metric, float(str(beat.facts[fact])), (beat.name,))


def read_depths(_now: datetime) -> Iterator[Reading]:
    """Ask the broker how many jobs wait."""
    for queue, depth in queue_depths(settings.QUEUES).items():
        yield Reading(QUEUE_DEPTH, depth, (queue,))
