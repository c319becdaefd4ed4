"""The banner that staff see on every page while jobs do not run."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from apps.core.diagnosis import judge_pulse, judge_scheduler, judge_workers
from apps.core.errors import UnavailableError
from apps.core.heartbeats import read_heartbeats

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

FRESH_SECONDS = 3.0


class Alarm:
    """What is wrong now, looked up at most every few seconds in each process."""

    def __init__(
        self, find: Callable[[], str], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Look nothing up yet; `find` returns the message, empty when all is well."""
        self._find = find
        self._clock = clock
        self._lock = threading.Lock()
        self._message = ""
        self._good_until = float("-inf")

    def message(self) -> str:
        """Return one line that says what is wrong, or nothing."""
        with self._lock:
            if self._clock() >= self._good_until:
                self._message = self._find()
                self._good_until = self._clock() + FRESH_SECONDS
            return self._message


def find_trouble() -> str:
    """Read the heartbeats and say what stops jobs from running, the cause first."""
    now = timezone.now()
    try:
        beats = read_heartbeats(now)
    except UnavailableError as error:
        return str(error)
    findings = {
        "Scheduler": judge_scheduler(beats, now),
        "Worker": judge_workers(beats, settings.QUEUES, now),
        "Jobs": judge_pulse(beats, now),
    }
    wrong = (f"{name}: {f.detail}." for name, f in findings.items() if not f.ok)
    return next(wrong, "")


_alarm = Alarm(find_trouble)


def operations_alarm(request: HttpRequest) -> dict[str, object]:
    """Give templates `operations_alarm`: a line for staff, nothing for others."""
    user = getattr(request, "user", None)
    if user is None or settings.CELERY_TASK_ALWAYS_EAGER:
        return {}
    return {"operations_alarm": lambda: _alarm.message() if user.is_staff else ""}
