"""Handing shards to the broker, which may be down without harm."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

from apps.accounts.domain.tiers import Entitlement
from apps.accounts.selectors.entitlements import entitlements
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
    queues = _dedicated_queues(shard_ids, now)
    for shard_id in shard_ids:
        try:
            enqueue(
                "benchmarks.run_shard",
                to_queue=queues.get(shard_id),
                shard_id=str(shard_id),
            )
        except OperationalError as error:
            logger.warning("shard_not_published", shard=str(shard_id), error=str(error))
            return
        Shard.objects.filter(pk=shard_id, status=ShardStatus.PENDING).update(
            published_at=now
        )


def _dedicated_queues(shard_ids: tuple[UUID, ...], now: datetime) -> dict[UUID, str]:
    """Return the queue of each shard whose workspace has one of its own.

    It needs both: the entitlement, and a queue that the operator set up with workers.
    Without either the shard waits among all others rather than for nobody.
    """
    if not settings.DEDICATED_QUEUES:
        return {}
    owned = Shard.objects.filter(
        pk__in=shard_ids,
        run__is_on_demand=True,
        run__workspace_id__in=settings.DEDICATED_QUEUES,
    )
    owners: dict[UUID, UUID] = dict(owned.values_list("id", "run__workspace_id"))
    entitled = {
        workspace_id
        for workspace_id in set(owners.values())
        if entitlements(workspace_id, now).allows(Entitlement.DEDICATED_QUEUE)
    }
    return {
        shard_id: settings.DEDICATED_QUEUES[str(workspace_id)]
        for shard_id, workspace_id in owners.items()
        if workspace_id in entitled
    }
