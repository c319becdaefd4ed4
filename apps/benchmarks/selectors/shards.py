"""What is left to do of a shard, read from what is stored."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from apps.benchmarks.domain.samples import SampleKey
from apps.benchmarks.domain.specs import Verdict
from apps.benchmarks.models import Result, Run, Shard, ShardStatus
from apps.benchmarks.selectors.suites import get_tasks
from apps.catalog.domain.costs import compute_cost
from apps.catalog.selectors.models import get_model

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from decimal import Decimal

    from apps.benchmarks.domain.specs import TaskSpec
    from apps.catalog.selectors.models import ModelRow


@dataclass(frozen=True, slots=True)
class Todo:
    """One sample to do, and which attempt at it this is."""

    key: SampleKey
    attempt: int


@dataclass(frozen=True, slots=True)
class ShardPlan:
    """All that a worker needs to know of a shard; `todo` is in order."""

    shard_id: UUID
    run_id: UUID
    model: ModelRow
    key_of: UUID | None  # the workspace whose key it asks with; None: the operator's
    system_prompt: str
    specs: Mapping[UUID, TaskSpec]
    seeds: tuple[int, ...]  # by epoch, the first is epoch 1
    max_cost: Decimal | None
    expected_cost: Decimal | None  # of one sample, in US dollars
    limit_changes: tuple[dict[str, Any], ...]  # of workers before
    todo: tuple[Todo, ...]


@dataclass(frozen=True, slots=True)
class _Final:
    attempt: int
    verdict: str
    created_at: datetime


def get_shard_plan(shard_id: UUID) -> ShardPlan:
    """Return the shard's plan; samples with a final result are not in it.

    Where the run was resumed, unscored results from before that are done once more.

    Raises:
        Shard.DoesNotExist: there is no such shard.
    """
    shard = Shard.objects.select_related("run").get(pk=shard_id)
    run = shard.run
    manifest = run.manifest
    described = next(m for m in manifest["models"] if m["id"] == str(shard.model_id))
    # As the run was made: a setting that was edited since does not slip in.
    model = replace(
        get_model(shard.model_id),
        upstream_name=described["upstream_name"],
        sampling=described["sampling"],
    )
    task_ids = [UUID(task["id"]) for task in manifest["tasks"]]
    specs = {task.id: task.spec for task in get_tasks(run.suite_version_id)}
    return ShardPlan(
        shard_id=shard.id,
        run_id=run.id,
        model=model,
        key_of=run.workspace_id if run.is_on_demand else None,
        system_prompt=manifest["system_prompt"],
        specs={task_id: specs[task_id] for task_id in task_ids},
        seeds=tuple(manifest["epoch_seeds"]),
        max_cost=run.max_cost,
        expected_cost=_expected_cost(described, model, shard.samples),
        limit_changes=tuple(shard.limit_changes),
        todo=tuple(_left(task_ids, run, _read_finals(shard))),
    )


def list_unfinished_shards(run_id: UUID) -> tuple[UUID, ...]:
    """Return the shards of a run that are not over, taken or not."""
    left = Shard.objects.filter(
        run_id=run_id, status__in=(ShardStatus.PENDING, ShardStatus.LEASED)
    )
    return tuple(left.values_list("id", flat=True))


def _expected_cost(
    described: dict[str, Any], model: ModelRow, samples: int
) -> Decimal | None:
    """Price the estimate as of now: a price may have been entered since."""
    cost = compute_cost(
        input_tokens=described["estimate"]["input_tokens"],
        output_tokens=described["estimate"]["output_tokens"],
        input_price=model.input_price,
        output_price=model.output_price,
    )
    return None if cost is None else cost / samples


def _read_finals(shard: Shard) -> dict[SampleKey, _Final]:
    results = Result.objects.filter(
        run_month=shard.run.run_month,
        run_id=shard.run_id,
        model_id=shard.model_id,
        is_final=True,
    )
    return {
        SampleKey(task_id, epoch): _Final(attempt, verdict, created_at)
        for task_id, epoch, attempt, verdict, created_at in results.values_list(
            "task_id", "epoch", "attempt", "verdict", "created_at"
        )
    }


def _left(
    task_ids: list[UUID], run: Run, finals: Mapping[SampleKey, _Final]
) -> Iterator[Todo]:
    """Go epoch by epoch, so that a run that is cut short has seen every task."""
    for epoch in range(1, run.epochs + 1):
        for task_id in task_ids:
            key = SampleKey(task_id, epoch)
            final = finals.get(key)
            if final is None:
                yield Todo(key, 1)
            elif _is_to_be_retried(final, run.resumed_at):
                yield Todo(key, final.attempt + 1)


def _is_to_be_retried(final: _Final, resumed_at: datetime | None) -> bool:
    return (
        resumed_at is not None
        and final.verdict == Verdict.UNSCORED
        and final.created_at < resumed_at
    )
