"""For staff: what lives, what is scheduled, what waits, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import django
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db import DatabaseError, connection
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.core.broker import queue_depths
from apps.core.build import (
    code_version,
    git_description,
    package_versions,
    python_version,
)
from apps.core.diagnosis import Standing, stand
from apps.core.errors import ForbiddenError, UnavailableError
from apps.core.health import CheckResult, health_checks
from apps.core.heartbeats import read_heartbeats
from apps.core.rounds import Rounds, list_rounds
from apps.core.schedule import ScheduledJob, list_scheduled_jobs
from apps.core.web.twins import json_response

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

PACKAGES = ("celery", "django", "psycopg", "redis", "uvicorn")


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue of the broker; `waiting` is None where the broker does not answer."""

    name: str
    waiting: int | None


@dataclass(frozen=True, slots=True)
class Status:
    """Everything that the page shows, as of one moment."""

    as_of: datetime
    checks: tuple[CheckResult, ...]
    processes: tuple[Standing, ...]
    queues: tuple[Queue, ...]
    jobs: tuple[ScheduledJob, ...]
    rounds: tuple[Rounds, ...]
    versions: dict[str, str]

    @property
    def troubles(self) -> tuple[CheckResult, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if not check.finding.ok)


@never_cache
@require_safe
@login_required
def status_page(request: HttpRequest) -> HttpResponse:
    """Show the status to staff."""
    return render(request, "core/status.html", {"status": _read_status(request)})


@never_cache
@require_safe
@login_required
def status_json(request: HttpRequest) -> HttpResponse:
    """Give the status to programs of staff."""
    return json_response(_read_status(request))


def _read_status(request: HttpRequest) -> Status:
    if not request.user.is_staff:
        raise ForbiddenError("Only staff of this installation may see its status.")
    now = timezone.now()
    return Status(
        as_of=now,
        checks=health_checks.run(now),
        processes=_read_processes(now),
        queues=_read_queues(),
        jobs=list_scheduled_jobs(),
        rounds=_read_rounds(now),
        versions=_read_versions(),
    )


def _read_processes(now: datetime) -> tuple[Standing, ...]:
    try:
        return tuple(stand(beat, now) for beat in read_heartbeats(now))
    except UnavailableError:  # the check of Redis says so
        return ()


def _read_rounds(now: datetime) -> tuple[Rounds, ...]:
    try:
        return list_rounds(now)
    except DatabaseError:  # the check of the database says so
        connection.close()
        return ()


def _read_queues() -> tuple[Queue, ...]:
    try:
        depths: dict[str, int | None] = dict(queue_depths(settings.QUEUES))
    except UnavailableError:
        depths = dict.fromkeys(settings.QUEUES)
    return tuple(Queue(name, waiting) for name, waiting in depths.items())


def _read_versions() -> dict[str, str]:
    commit = git_description()
    own = {"assay": f"{code_version()} ({commit})" if commit else code_version()}
    rest = {"python": python_version(), "django": django.get_version()}
    return own | rest | package_versions(PACKAGES)
