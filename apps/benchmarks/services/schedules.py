"""Schedules: rows that start runs, kept in step with the scheduler's own table."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import structlog
from django.core.exceptions import ValidationError
from django.db import transaction
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from apps.benchmarks.models import Run, RunTrigger, Schedule, Suite
from apps.benchmarks.selectors.runs import ACTIVE
from apps.benchmarks.services.runs import create_run
from apps.catalog.selectors.models import get_models
from apps.core.errors import AppError, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime, timedelta
    from uuid import UUID

    from apps.catalog.selectors.models import ModelRow

logger = structlog.get_logger(__name__)

CRON_FIELDS = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")
DEFAULT_NAME = "Hourly sample"
DEFAULT_SAMPLES = 8
MOST_REASON = 300


def parse_cron(text: str) -> CrontabSchedule:
    """Return five cron fields, in UTC, as the scheduler's row, not yet stored.

    Raises:
        InvalidInputError: the text is no such expression; it says which field.
    """
    parts = text.split()
    if len(parts) != len(CRON_FIELDS):
        raise InvalidInputError(
            f"The cron expression {text!r} has {len(parts)} fields; it needs 5: "
            "minute, hour, day of month, month, day of week."
        )
    crontab = CrontabSchedule(
        timezone="UTC", **dict(zip(CRON_FIELDS, parts, strict=True))
    )
    try:
        crontab.full_clean(validate_unique=False)
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        name = field.replace("_", " ")
        raise InvalidInputError(
            f"The cron expression {text!r} has a bad {name}: {messages[0]}"
        ) from error
    return crontab


@transaction.atomic
def sync_schedule(*, schedule_id: UUID) -> None:
    """Bring the scheduler's table in step with a schedule; a deleted one is removed.

    Raises:
        InvalidInputError: its cron expression is none.
    """
    name = _task_name(schedule_id)
    schedule = Schedule.objects.select_for_update().filter(pk=schedule_id).first()
    if schedule is None:
        PeriodicTask.objects.filter(name=name).delete()
        return
    wanted = parse_cron(schedule.cron)
    # The table may hold equal rows from elsewhere; any of them will do.
    fields = {field: getattr(wanted, field) for field in (*CRON_FIELDS, "timezone")}
    crontab = CrontabSchedule.objects.filter(**fields).first()
    if crontab is None:
        crontab = CrontabSchedule.objects.create(**fields)
    PeriodicTask.objects.update_or_create(
        name=name,
        defaults={
            "task": "benchmarks.run_schedule",
            "crontab": crontab,
            "interval": None,
            "kwargs": json.dumps({"schedule_id": str(schedule_id)}),
            "enabled": schedule.is_enabled,
            "description": f"Starts runs of the schedule {schedule.name!r}.",
        },
    )


def _task_name(schedule_id: UUID) -> str:
    return f"benchmarks.schedule:{schedule_id}"


@transaction.atomic
def start_scheduled_run(
    *, schedule_id: UUID, now: datetime, at_least_apart: timedelta
) -> UUID | None:
    """Start the run of a schedule that is due, and return it.

    Returns None where it is switched off, it started a run less than `at_least_apart`
    ago (a message delivered twice), the run before still goes on, none of its models
    can be asked, or its run is refused, as where a price is unknown that its cost
    limit needs. Models that cannot be asked are left out: a run of which nothing
    could come says nothing. Why nothing was started is kept as its `last_skip`.
    """
    schedule = (
        Schedule.objects.select_for_update(of=("self",))
        .select_related("suite")
        .filter(pk=schedule_id, is_enabled=True)
        .first()
    )
    if schedule is None:
        return None
    last = schedule.last_started_at
    if last is not None and now - last < at_least_apart:
        return None
    models = _askable(schedule.run_models.values_list("pk", flat=True))
    run_id, reason = _try_to_start(schedule, models, now)
    if run_id is None:
        logger.warning("schedule_skipped", schedule=schedule.name, reason=reason)
    else:
        schedule.last_started_at = now
    schedule.last_skip = reason[:MOST_REASON]
    schedule.save(update_fields=["last_started_at", "last_skip"])
    return run_id


def _try_to_start(
    schedule: Schedule, models: Sequence[ModelRow], now: datetime
) -> tuple[UUID | None, str]:
    if not models:
        return None, "No model can be asked."
    if Run.objects.filter(schedule=schedule, status__in=ACTIVE).exists():
        return None, "The last run goes on."
    try:
        return _start(schedule, models, RunTrigger.SCHEDULE, now), ""
    except AppError as error:
        # It would be refused each time anew until somebody mends the schedule.
        return None, str(error)


def benchmark_new_models(
    *, model_ids: Sequence[UUID], now: datetime
) -> tuple[UUID, ...]:
    """Run newly discovered models on the suites of the schedules that want them.

    A model that was run on a schedule's suite before is left out there, so that this
    may be called twice. A schedule whose cost limit cannot be kept is passed over.
    """
    started = []
    for schedule in Schedule.objects.filter(
        is_enabled=True, benchmarks_new_models=True
    ).select_related("suite"):
        # What a workspace ran for itself tells the leaderboard nothing.
        known = Run.objects.filter(
            suite_version__suite=schedule.suite,
            shards__model_id__in=model_ids,
            is_on_demand=False,
        ).values_list("shards__model_id", flat=True)
        fresh = [one for one in model_ids if one not in set(known)]
        models = _askable(fresh)
        if not models:
            continue
        try:
            started.append(_start(schedule, models, RunTrigger.DISCOVERY, now))
        except AppError as error:
            logger.warning("new_models_skipped", suite=schedule.name, reason=str(error))
    return tuple(started)


def _askable(model_ids: Iterable[UUID]) -> list[ModelRow]:
    models = get_models(model_ids).values()
    return [one for one in models if one.is_available and not one.is_deprecated]


def _start(
    schedule: Schedule, models: Sequence[ModelRow], trigger: str, now: datetime
) -> UUID:
    version = schedule.suite.versions.order_by("-number").first()
    if version is None:
        raise InvalidInputError(f"The suite {schedule.suite.slug!r} has no tasks.")
    return create_run(
        suite_version_id=version.id,
        model_ids=[model.id for model in models],
        epochs=schedule.iterations,
        limit=schedule.sample_limit,
        draw=True,
        max_cost=schedule.max_cost,
        trigger=trigger,
        schedule_id=schedule.id,
        now=now,
    )


@transaction.atomic
def ensure_default_schedule(
    *, suite_slug: str, model_ids: Sequence[UUID], now: datetime
) -> bool:
    """Make the hourly schedule of a new installation; return whether it was made.

    An installation that has a schedule, or ever ran anything, is left as it is: who
    deleted the schedule does not want it back.
    """
    suite = Suite.objects.select_for_update().get(slug=suite_slug)
    if Schedule.objects.exists() or Run.objects.exists():
        return False
    schedule = Schedule.objects.create(
        name=DEFAULT_NAME,
        suite=suite,
        sample_limit=DEFAULT_SAMPLES,
        cron="0 * * * *",
        benchmarks_new_models=True,
        created_at=now,
    )
    listed = Schedule.run_models.through
    listed.objects.bulk_create(
        listed(schedule_id=schedule.id, model_id=model_id) for model_id in model_ids
    )
    sync_schedule(schedule_id=schedule.id)
    return True


def sync_all_schedules() -> None:
    """Bring the scheduler's table in step with every schedule.

    For rows that were written past the services, such as by a restored backup.
    """
    for schedule_id in Schedule.objects.values_list("id", flat=True):
        sync_schedule(schedule_id=schedule_id)
