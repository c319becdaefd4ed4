"""The step of a Celery worker's start that makes it report that it lives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from celery import bootsteps
from celery.worker import state
from django.utils import timezone

from apps.core.heartbeats import Kind
from apps.core.reporter import Reporter

if TYPE_CHECKING:
    from collections.abc import Mapping


class ReportingStep(bootsteps.StartStopStep):
    """Reports the worker's queues, slots and what it is busy with."""

    # After the pool has forked: the thread belongs to the parent alone.
    requires = ("celery.worker.components:Pool",)

    def start(self, worker: Any) -> None:
        """Begin to report."""
        self._started_at = timezone.now().isoformat()
        self._reporter = Reporter(
            Kind.WORKER, worker.hostname, lambda: self._facts(worker)
        )
        self._reporter.start()

    def stop(self, worker: Any) -> None:
        """Leave in order."""
        self._reporter.stop()

    def terminate(self, worker: Any) -> None:
        """Leave in order, though at once."""
        self.stop(worker)

    def _facts(self, worker: Any) -> Mapping[str, object]:
        consumer = worker.consumer
        return {
            "queues": sorted(worker.app.amqp.queues.consume_from),
            "slots": worker.concurrency,
            "active": len(state.active_requests),
            # The consumer drops its connection while it seeks a broker that is gone.
            "connected": bool(consumer and consumer.connection),
            "started_at": self._started_at,
        }
