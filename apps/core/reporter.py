"""The thread in which a process reports that it lives."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.utils import timezone

from apps.core.errors import UnavailableError
from apps.core.heartbeats import beat, retire

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from apps.core.heartbeats import Kind

logger = structlog.get_logger(__name__)


class Reporter:
    """Reports every few seconds until it is stopped.

    A thread, and no timer of the main loop: a process whose loop hangs on a broker that
    does not answer lives, and has to be told from one that is gone.
    """

    def __init__(
        self, kind: Kind, name: str, facts: Callable[[], Mapping[str, object]]
    ) -> None:
        """Prepare; `facts` is called in the thread, before each report."""
        self._kind = kind
        self._name = name
        self._facts = facts
        self._stopped = threading.Event()
        self._heard = True
        self._thread = threading.Thread(
            target=self._run, name=f"report-{name}", daemon=True
        )

    def start(self) -> None:
        """Report now, and from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Report no more, and take the last report back: this is an orderly end."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(timeout=settings.HEARTBEAT_SECONDS)
        with suppress(UnavailableError):
            retire(self._kind, self._name)

    def _run(self) -> None:
        self._report()
        while not self._stopped.wait(settings.HEARTBEAT_SECONDS):
            self._report()

    def _report(self) -> None:
        try:
            beat(self._kind, self._name, timezone.now(), self._facts())
        except UnavailableError as error:
            if self._heard:  # once for each outage
                logger.warning("heartbeat_lost", process=self._name, error=str(error))
            self._heard = False
        else:
            self._heard = True
