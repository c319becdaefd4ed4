"""A run's cost limit, shared by its shards through their rows."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Sum

from apps.benchmarks.models import Run
from apps.benchmarks.services.leases import hold_lease, lock_run

if TYPE_CHECKING:
    from apps.benchmarks.services.leases import Lease


@dataclass(frozen=True, slots=True)
class Grant:
    """How many more samples may be begun; none may follow once nothing is pending."""

    samples: int
    others_pending: bool  # other shards hold reservations that may come free


@transaction.atomic
def reserve_budget(
    *, lease: Lease, per_sample: Decimal, outstanding: int, wanted: int
) -> Grant:
    """Reserve the expected cost of up to `wanted` further samples of a shard.

    What was spent and what all shards have under way together never pass the run's
    limit. `per_sample` is the expected cost of one in US dollars; `outstanding` counts
    the shard's samples that are begun and not yet stored.

    Raises:
        LeaseLostError: somebody else has the shard.
    """
    run = lock_run(Run.objects.filter(pk=lease.run_id))
    if run is None or run.max_cost is None:
        return Grant(wanted, others_pending=False)
    others = run.shards.exclude(pk=lease.shard_id).aggregate(held=Sum("reserved"))
    held = others["held"] or Decimal(0)
    left = run.max_cost - run.cost - held - per_sample * outstanding
    granted = _divide(left, per_sample, wanted)
    hold_lease(lease, reserved=per_sample * (outstanding + granted))
    return Grant(granted, others_pending=held > 0)


def _divide(left: Decimal, per_sample: Decimal, wanted: int) -> int:
    if left < 0:
        return 0
    if not per_sample:
        return wanted
    return min(wanted, int(left // per_sample))
