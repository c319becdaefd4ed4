"""Holding the lease of an hour's job while venues are waited for."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import structlog
from django.db import DatabaseError, connection

from apps.predictions.services.jobs import HourLostError, renew_job

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime, timedelta

    from apps.predictions.services.jobs import JobLease

logger = structlog.get_logger(__name__)


@contextmanager
def hold_lease(
    lease: JobLease | None,
    *,
    clock: Callable[[], datetime],
    duration: timedelta,
    most: timedelta,
) -> Iterator[None]:
    """Renew the lease, from a thread of its own, until what is done within has ended.

    A lease that is lost is not taken back: whoever stores next is told. It is renewed
    until its hour is over, and for `most` at the longest: who has not come on by then
    hangs, and the job is for another.
    """
    if lease is None:
        yield
        return
    over = threading.Event()

    ends_at = time.monotonic() + most.total_seconds()

    def renew() -> None:
        while not over.wait(duration.total_seconds() / 4):
            if time.monotonic() >= ends_at:
                logger.warning("lease_let_go", hour=lease.hour.isoformat())
                return
            try:
                renew_job(lease=lease, now=clock(), duration=duration)
            except HourLostError:
                return
            except DatabaseError as error:
                logger.warning("lease_not_renewed", reason=str(error))
            finally:
                connection.close()

    renewing = threading.Thread(target=renew, name="lease", daemon=True)
    renewing.start()
    try:
        yield
    finally:
        over.set()
        renewing.join()
