"""Handing shards to the broker, which may be down without harm."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import structlog
from django.db import transaction
from kombu.exceptions import OperationalError

from apps.benchmarks.models import Shard, ShardStatus
from apps.core.jobs import enqueue

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

logger = structlog.get_logger(__name__)


def publish_shards(shard_ids: Iterable[UUID], *, now: datetime) -> None:
    """Hand shards to workers after the commit, and note which the broker took.

    Where the broker is down the rows stay unpublished, and the sweep tries again:
    what was committed is never lost.
    """
    transaction.on_commit(partial(_publish, tuple(shard_ids), now))


def _publish(shard_ids: tuple[UUID, ...], now: datetime) -> None:
    for shard_id in shard_ids:
        try:
            enqueue("benchmarks.run_shard", shard_id=str(shard_id))
        except OperationalError as error:
            logger.warning("shard_not_published", shard=str(shard_id), error=str(error))
            return
        Shard.objects.filter(pk=shard_id, status=ShardStatus.PENDING).update(
            published_at=now
        )
