"""Starting, cancelling and resuming runs."""

from __future__ import annotations

import random
import secrets
from decimal import Decimal
from typing import TYPE_CHECKING, Required, TypedDict, Unpack

from django.db import transaction

from apps.benchmarks.domain.samples import SEED_BITS
from apps.benchmarks.models import (
    Run,
    RunStatus,
    RunTrigger,
    Shard,
    ShardStatus,
    SuiteVersion,
)
from apps.benchmarks.selectors.runs import ACTIVE
from apps.benchmarks.selectors.suites import get_tasks
from apps.benchmarks.services.endings import call_back
from apps.benchmarks.services.manifest import (
    build_manifest,
    estimate_models,
    total_estimate,
)
from apps.benchmarks.services.partitions import RESULTS
from apps.benchmarks.services.progress import announce_run
from apps.benchmarks.services.publishing import publish_shards
from apps.catalog.selectors.models import get_models
from apps.core.errors import ConflictError, InvalidInputError, NotFoundError
from apps.core.ids import new_id
from apps.core.partitions import ensure_months, month_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from apps.benchmarks.domain.estimates import Estimate
    from apps.benchmarks.selectors.suites import TaskRow
    from apps.catalog.selectors.models import ModelRow

MAX_EPOCHS = 1_000
MAX_LIMIT = 1_000_000
MAX_SAMPLES = 1_000_000
MOST_COST = 1_000_000
SMALLEST_MAX_COST = Decimal("0.000001")


class Origin(TypedDict, total=False):
    """Who or what starts a run, kept as it is told.

    One that is `is_on_demand` asks with the keys of its workspace, and calls
    `webhook_url` when it ends.
    """

    trigger: Required[str]
    created_by_id: UUID | None
    schedule_id: UUID | None
    is_on_demand: bool
    webhook_url: str


@transaction.atomic
def create_run(
    *,
    suite_version_id: UUID,
    model_ids: Sequence[UUID],
    now: datetime,
    epochs: int = 1,
    limit: int | None = None,
    draw: bool = False,
    max_cost: Decimal | None = None,
    workspace_id: UUID | None = None,
    categories: Collection[str] = (),
    publish: bool = True,
    **origin: Unpack[Origin],
) -> UUID:
    """Create a run with one shard per model and hand the shards to workers.

    Every model gets the same tasks: the first `limit` of the suite version, or with
    `draw` as many drawn by the run's own seed; with `categories` only tasks of these
    count. A run over a private suite belongs to the suite's workspace. Without
    `publish` the caller runs the shards itself.

    Raises:
        InvalidInputError: there is nothing to run, a number is out of range, or
            `max_cost` is given and a model's price is unknown.
        NotFoundError: no such suite version or model.
    """
    _refuse_bad_numbers(epochs, limit, max_cost)
    version = _get_version(suite_version_id)
    models = _get_models(model_ids)
    _refuse_bad_models(models, max_cost)
    run_seed = secrets.randbits(SEED_BITS)
    tasks = _pick_tasks(
        suite_version_id, limit, run_seed if draw else None, frozenset(categories)
    )
    estimates = estimate_models(
        version=version, tasks=tasks, models=models, epochs=epochs
    )
    _refuse_bad_size(version, sum(one.samples for one in estimates.values()))
    run = Run(
        id=new_id(),
        run_month=month_of(now.date()),
        workspace_id=workspace_id or _owner(version),
        suite_version=version,
        manifest=build_manifest(
            version=version,
            tasks=tasks,
            models=models,
            estimates=estimates,
            epochs=epochs,
            run_seed=run_seed,
            limit=limit,
            categories=sorted(categories),
        ),
        epochs=epochs,
        max_cost=max_cost,
        estimated_cost=total_estimate(estimates),
        samples=sum(one.samples for one in estimates.values()),
        created_at=now,
        **origin,
    )
    _store(run, estimates, models, publish=publish)
    return run.id


def _store(
    run: Run,
    estimates: Mapping[str, Estimate],
    models: Sequence[ModelRow],
    *,
    publish: bool,
) -> None:
    run.full_clean()
    run.save(force_insert=True)
    ensure_months(RESULTS, [run.run_month])
    shards = Shard.objects.bulk_create(
        Shard(run=run, model_id=model.id, samples=estimates[model.full_name].samples)
        for model in models
    )
    if publish:
        publish_shards([shard.id for shard in shards], now=run.created_at)
    announce_run(run.id)


@transaction.atomic
def cancel_run(*, run_id: UUID, now: datetime, reason: str = "") -> None:
    """Cancel a run: what is finished stays, what is under way is dropped.

    Workers notice within a second; a run that is already over is left as it is.

    Raises:
        NotFoundError: no such run.
    """
    run = _lock_run(run_id)
    if run.status not in ACTIVE:
        return
    run.status = RunStatus.CANCELLED
    run.status_reason = reason
    run.finished_at = now
    run.save(update_fields=["status", "status_reason", "finished_at"])
    call_back(run, now=now)
    run.shards.filter(status=ShardStatus.PENDING).update(
        status=ShardStatus.CANCELLED, finished_at=now
    )
    announce_run(run.id)


@transaction.atomic
def resume_run(
    *,
    run_id: UUID,
    now: datetime,
    max_cost: Decimal | None = None,
    publish: bool = True,
) -> None:
    """Take up a run that ended early or left samples unscored.

    Samples with a verdict are kept. Those without a result are done, and those that
    are unscored are tried once more as the next attempt. `max_cost` replaces the
    run's limit.

    Raises:
        ConflictError: the run is still going, or nothing is left to do.
        InvalidInputError: `max_cost` is out of range, or a model's price is unknown.
        NotFoundError: no such run.
    """
    _refuse_bad_numbers(1, None, max_cost)
    run = _lock_run(run_id)
    if run.status in ACTIVE:
        raise ConflictError(f"Run {run_id} is still {run.status}.")
    if run.passed + run.failed >= run.samples:
        raise ConflictError(f"Run {run_id} has nothing left to do: all is scored.")
    if run.shards.filter(status=ShardStatus.LEASED).exists():
        raise ConflictError(f"A worker still winds up run {run_id}; try again soon.")
    if max_cost is not None:
        _refuse_bad_models(
            _get_models([shard.model_id for shard in run.shards.all()]), max_cost
        )
        run.max_cost = max_cost
    _reopen(run, now)
    if publish:
        pending = run.shards.filter(status=ShardStatus.PENDING)
        publish_shards(list(pending.values_list("id", flat=True)), now=now)
    announce_run(run.id)


def _reopen(run: Run, now: datetime) -> None:
    run.status = RunStatus.QUEUED
    run.status_reason = ""
    run.resumed_at = now
    run.finished_at = None
    run.save()
    for shard in run.shards.all():
        is_whole = shard.passed + shard.failed == shard.samples
        shard.status = ShardStatus.DONE if is_whole else ShardStatus.PENDING
        shard.reason = ""
        shard.takes = 0
        shard.published_at = None
        shard.finished_at = shard.finished_at if is_whole else None
        shard.save()


def start_first_run(
    *, suite_version_id: UUID, model_ids: Sequence[UUID], now: datetime
) -> UUID | None:
    """Begin the first run of an installation; return None where there was one."""
    with transaction.atomic():
        # Two first starts at once: the second waits here and then finds the run.
        SuiteVersion.objects.select_for_update().get(pk=suite_version_id)
        if Run.objects.exists():
            return None
        return create_run(
            suite_version_id=suite_version_id,
            model_ids=model_ids,
            trigger=RunTrigger.FIRST,
            now=now,
        )


def _get_version(suite_version_id: UUID) -> SuiteVersion:
    version = (
        SuiteVersion.objects.select_related("suite").filter(pk=suite_version_id).first()
    )
    if version is None:
        raise NotFoundError(f"There is no suite version {suite_version_id}.")
    return version


def _get_models(model_ids: Iterable[UUID]) -> tuple[ModelRow, ...]:
    """Return the models in the order given, each once."""
    wanted = tuple(dict.fromkeys(model_ids))
    known = get_models(wanted)
    for model_id in wanted:
        if model_id not in known:
            raise NotFoundError(f"There is no model {model_id}.")
    return tuple(known[model_id] for model_id in wanted)


def _owner(version: SuiteVersion) -> UUID | None:
    return None if version.suite.is_public else version.suite.workspace_id


def _lock_run(run_id: UUID) -> Run:
    run = Run.objects.select_for_update().filter(pk=run_id).first()
    if run is None:
        raise NotFoundError(f"There is no run {run_id}.")
    return run


def _pick_tasks(
    suite_version_id: UUID,
    limit: int | None,
    seed: int | None,
    categories: frozenset[str],
) -> tuple[TaskRow, ...]:
    if seed is None or limit is None:
        return get_tasks(suite_version_id, limit=limit, categories=categories)
    tasks = get_tasks(suite_version_id, categories=categories)
    drawn = random.Random(seed).sample(  # noqa: S311 - a sample, not a secret
        range(len(tasks)), min(limit, len(tasks))
    )
    return tuple(tasks[position] for position in sorted(drawn))


def _refuse_bad_numbers(
    epochs: int, limit: int | None, max_cost: Decimal | None
) -> None:
    if not 1 <= epochs <= MAX_EPOCHS:
        raise InvalidInputError(f"epochs is {epochs}; use 1 to {MAX_EPOCHS}.")
    if limit is not None and not 1 <= limit <= MAX_LIMIT:
        raise InvalidInputError(f"limit is {limit}; use 1 to {MAX_LIMIT}.")
    if max_cost is not None:
        _refuse_bad_cost(max_cost)


def _refuse_bad_cost(max_cost: Decimal) -> None:
    """Refuse what the column cannot hold: six places after the point, six before."""
    if not (max_cost.is_finite() and 0 <= max_cost < MOST_COST):
        raise InvalidInputError(
            f"max cost is {max_cost}; use US dollars from 0 to less than {MOST_COST}."
        )
    if max_cost != max_cost.quantize(SMALLEST_MAX_COST):
        raise InvalidInputError(
            f"max cost is {max_cost}; the smallest step is {SMALLEST_MAX_COST} "
            "US dollars."
        )


def _refuse_bad_models(models: Sequence[ModelRow], max_cost: Decimal | None) -> None:
    if not models:
        raise InvalidInputError("A run needs at least one model.")
    if max_cost is None:
        return
    for model in models:
        if model.input_price is None or model.output_price is None:
            raise InvalidInputError(
                f"The price of {model.full_name} is unknown, so a cost limit cannot "
                "be kept: enter its price in the admin under Catalog, Models, or "
                "leave the limit out."
            )


def _refuse_bad_size(version: SuiteVersion, samples: int) -> None:
    if not samples:
        raise InvalidInputError(f"{version} has no tasks.")
    if samples > MAX_SAMPLES:
        raise InvalidInputError(
            f"That is {samples} samples; one run takes at most {MAX_SAMPLES}."
        )
