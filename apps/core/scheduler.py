"""The scheduler: django-celery-beat's, which reports that it lives and ticks."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django_celery_beat.schedulers import DatabaseScheduler

from apps.core.heartbeats import Kind
from apps.core.reporter import Reporter

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class ReportingScheduler(DatabaseScheduler):  # type: ignore[misc]
    """Sends due jobs; a tick that never ends shows as one that is long ago."""

    _reporter: Reporter | None = None
    _ticked_at: datetime | None = None

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due and return the seconds until the next look."""
        # Not when it is made: `celery beat` makes another, to print, that never ticks.
        if self._reporter is None:
            self._ticked_at = timezone.now()
            name = f"beat@{socket.gethostname()}"
            self._reporter = Reporter(Kind.SCHEDULER, name, self._facts)
            self._reporter.start()
        delay: float = super().tick(*args, **kwargs)
        self._ticked_at = timezone.now()
        return delay

    def close(self) -> None:
        """Leave in order."""
        if self._reporter:
            self._reporter.stop()
        super().close()

    def _facts(self) -> Mapping[str, object]:
        ticked_at = self._ticked_at
        return {"ticked_at": ticked_at.isoformat() if ticked_at else None}
