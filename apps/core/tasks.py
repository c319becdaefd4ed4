"""The pulse, which proves that jobs get to a worker; and the care of secrets."""

from __future__ import annotations

from typing import Any

import structlog
from celery import shared_task
from django.utils import timezone

from apps.core.heartbeats import Kind, beat, forget_old
from apps.core.secrets import reseal_all

logger = structlog.get_logger(__name__)


@shared_task(name="core.pulse", ignore_result=True)
def pulse(**_: Any) -> None:
    """Store that this job was run now."""
    now = timezone.now()
    beat(Kind.PULSE, "jobs", now)
    forget_old(now)


@shared_task(name="core.reseal_secrets")
def reseal_secrets(**_: Any) -> None:
    """Seal with the newest key what an older one sealed."""
    for kind, done in reseal_all().items():
        if done.renewed or done.lost:
            logger.info(
                "secrets_resealed", kind=kind, renewed=done.renewed, lost=done.lost
            )
