"""The engine's cast: a suite of structured tasks and models on a loopback provider.

A task asks for its own number; a provider that answers it as `answer` says passes.
"""

from __future__ import annotations

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from asgiref.sync import async_to_sync

from apps.benchmarks.domain.samples import SampleResult
from apps.benchmarks.domain.specs import StructuredCheck, TaskKind, TaskSpec, Verdict
from apps.benchmarks.models import ModelDay, Shard, TaskDay
from apps.benchmarks.pipelines.shards import ShardOptions, work_on_shard
from apps.benchmarks.services.leases import claim_shard
from apps.benchmarks.services.results import store_results
from apps.benchmarks.services.runs import create_run
from apps.benchmarks.services.suites import store_suite_version
from apps.catalog.models import GatewayKind, Model, Provider
from apps.core.backoff import RetryPolicy
from apps.core.ids import new_id
from tests.fakes.llm_server import FakeLLM
from tests.fakes.llm_wire import Reply

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from apps.benchmarks.selectors.shards import Todo
    from apps.benchmarks.services.leases import Lease

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
SCHEMA = {
    "type": "object",
    "properties": {"n": {"type": "integer"}},
    "required": ["n"],
    "additionalProperties": False,
}
QUICK = ShardOptions(
    batch_seconds=0.02,
    poll_seconds=0.05,
    retries=RetryPolicy(max_retries=0),
)


def run_shards(shard_ids: Iterable[UUID], options: ShardOptions = QUICK) -> None:
    """Do what is left of several shards at once, in this process."""

    async def work() -> None:
        await asyncio.gather(
            *(work_on_shard(one, clock=clock, options=options) for one in shard_ids)
        )

    async_to_sync(work)()


def clock() -> datetime:
    """Tell the time of day, as tasks and commands do."""
    return datetime.now(UTC)


def make_specs(count: int, *, families: int = 3) -> tuple[TaskSpec, ...]:
    """Return tasks that each ask for their own number as JSON."""
    return tuple(
        TaskSpec(
            task_id=f"number/{n}",
            family=f"family-{n % families}",
            category="code_review",
            kind=TaskKind.STRUCTURED,
            prompt=f"Answer with the number {n}.",
            entry_point="",
            check=StructuredCheck(schema=SCHEMA, truth={"n": n}),
            reference=json.dumps({"n": n}),
            broken=('{"n": -1}',),
        )
        for n in range(count)
    )


def make_suite(count: int, *, slug: str = "numbers", **fields: Any) -> UUID:
    """Store a suite of `count` tasks and return its version."""
    version_id, _ = store_suite_version(
        slug=slug, title="Numbers", specs=make_specs(count), now=NOW, **fields
    )
    return version_id


def make_model(
    base_url: str, name: str = "m", *, price: Decimal | None = Decimal(0)
) -> UUID:
    """Store a model of a loopback provider, both prices being `price`."""
    provider, _ = Provider.objects.get_or_create(
        name="fake",
        defaults={
            "display_name": "Fake",
            "gateway": GatewayKind.OPENAI_COMPATIBLE,
            "base_url": base_url,
            "is_local": True,
        },
    )
    model = Model.objects.create(
        provider=provider,
        name=name,
        upstream_name=name,
        display_name=name.upper(),
        sampling={"temperature": 0.0},
        input_price=price,
        output_price=price,
    )
    return model.id


def make_run(version_id: UUID, *model_ids: UUID, **fields: Any) -> UUID:
    """Create a run whose shards nobody is told of."""
    return create_run(
        suite_version_id=version_id,
        model_ids=model_ids,
        trigger="command",
        now=fields.pop("now", None) or clock(),
        publish=False,
        **fields,
    )


def answer(body: Mapping[str, Any]) -> Reply:
    """Answer every task of the cast rightly, but those whose number ends in 9."""
    prompt = body["messages"][-1]["content"]
    number = int(re.findall(r"\d+", prompt)[-1])
    return Reply(text=json.dumps({"n": -1 if number % 10 == 9 else number}))


def provider(**fields: Any) -> FakeLLM:
    """Return a provider that answers as `answer` does."""
    return FakeLLM(respond=answer, **fields)


def claim(run_id: UUID, model_id: UUID | None = None, *, seconds: float = 60) -> Lease:
    """Claim the run's shard, or that of one of its models."""
    shards = Shard.objects.filter(run_id=run_id)
    if model_id is not None:
        shards = shards.filter(model_id=model_id)
    lease = claim_shard(
        shard_id=shards.get().id, now=clock(), duration=timedelta(seconds=seconds)
    )
    assert lease is not None
    return lease


def make_result(
    todo: Todo, verdict: Verdict = Verdict.PASS, **fields: Any
) -> SampleResult:
    """Return a result of a sample, as the pipeline makes them."""
    known = {
        "outcome": "upstream_failed" if verdict is Verdict.UNSCORED else "ok",
        "reason": "",
        "answer": "{}",
        "prompt_hash": "0" * 64,
        "created_at": clock(),
        "cost": Decimal("0.00000001"),
        "input_tokens": 10,
        "output_tokens": 5,
        "working_ms": 100.0,
    }
    return SampleResult(
        id=new_id(),
        key=todo.key,
        attempt=todo.attempt,
        verdict=verdict,
        **(known | fields),
    )


def store(lease: Lease, *results: SampleResult) -> None:
    """Store results under a lease."""
    store_results(
        lease=lease,
        results=results,
        package_versions={"assay": "0"},
        reserved=Decimal(0),
        limit_changes=[],
        now=clock(),
        duration=timedelta(seconds=60),
    )


def read_rollups(version_id: UUID) -> tuple[list[Any], list[Any]]:
    """Return the rollups of a suite version as plain values."""
    tasks = TaskDay.objects.filter(suite_version=version_id)
    days = ModelDay.objects.filter(suite_version=version_id)
    names = [
        field.attname
        for field in ModelDay._meta.concrete_fields
        if field.name not in {"id", "revision"}
    ]
    return (
        list(
            tasks.order_by("model", "task", "day").values_list(
                "model", "task", "day", "scored", "score_sum", "unscored"
            )
        ),
        list(days.order_by("model", "day").values(*names)),
    )
