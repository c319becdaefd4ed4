"""What a new installation is given to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.benchmarks.services.partitions import ensure_partitions
from apps.benchmarks.services.runs import start_first_run
from apps.benchmarks.services.schedules import (
    ensure_default_schedule,
    sync_all_schedules,
)
from apps.benchmarks.services.starter import STARTER_SLUG, load_starter
from apps.benchmarks.services.system_jobs import ensure_system_jobs
from apps.catalog.selectors.models import list_models

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

EMBEDDED = "embedded"


@dataclass(frozen=True, slots=True)
class SchedulesLoad:
    """What was missing: system jobs by task, and whether the default schedule."""

    jobs: tuple[str, ...]
    schedule_made: bool


def load_schedules(*, now: datetime) -> SchedulesLoad:
    """Add the system's jobs and, in a new installation, the hourly schedule.

    Months ahead are made as well, since the job for them comes only after a day.
    """
    ensure_partitions(today=now.date())
    jobs = ensure_system_jobs()
    load_starter(now=now)
    made = ensure_default_schedule(
        suite_slug=STARTER_SLUG,
        model_ids=[model.id for model in list_models(provider=EMBEDDED)],
        now=now,
    )
    sync_all_schedules()
    return SchedulesLoad(jobs, made)


def begin_first_run(*, now: datetime) -> UUID | None:
    """Begin the starter suite on the embedded model's settings, and return the run.

    Returns None where there are runs already, or no embedded model can be asked.
    """
    models = [m for m in list_models(provider=EMBEDDED) if m.is_available]
    if not models:
        return None
    return start_first_run(
        suite_version_id=load_starter(now=now).version_id,
        model_ids=[model.id for model in models],
        now=now,
    )
