from __future__ import annotations

from typing import Any

import structlog
from celery import shared_task

logger = structlog.get_logger(__name__)


@shared_task(name="probe.note", ignore_result=True)
def note(*, word: str, **_: Any) -> None:
    logger.info("noted", word=word, api_key="sk-live-0123456789")
