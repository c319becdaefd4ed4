"""Work on markets that runs on its own."""

from __future__ import annotations

import structlog
from celery import shared_task
from django.conf import settings
from django.utils import timezone

from apps.markets.pipelines.sync import Search, refresh_watched, sync_installation
from apps.markets.services import partitions

logger = structlog.get_logger(__name__)


@shared_task(name="markets.sync")
def sync(**_: object) -> None:
    """Discover markets of every venue, and look after forgotten ones."""
    sync_installation(Search(timezone.now))


@shared_task(name="markets.ingest")
def ingest(**_: object) -> None:
    """Keep the watched markets fresh."""
    refresh_watched(clock=timezone.now)


@shared_task(name="markets.ensure_partitions")
def ensure_partitions(**_: object) -> None:
    """Make the partitions of the months ahead."""
    partitions.ensure_partitions(today=timezone.now().date())


@shared_task(name="markets.drop_old_quotes")
def drop_old_quotes(**_: object) -> None:
    """Drop the months of quotes that are kept no longer."""
    dropped = partitions.drop_old_quotes(
        today=timezone.now().date(), months=settings.QUOTE_MONTHS
    )
    if dropped:
        logger.info("quotes_dropped", partitions=dropped)
