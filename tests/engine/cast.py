"""The engine's cast: a suite of structured tasks and models on a loopback provider.

A task asks for its own number; a provider that answers it as `answer` says passes.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from apps.benchmarks.domain.specs import StructuredCheck, TaskKind, TaskSpec
from apps.benchmarks.pipelines.shards import ShardOptions
from apps.benchmarks.services.runs import create_run
from apps.benchmarks.services.suites import store_suite_version
from apps.catalog.domain.backoff import RetryPolicy
from apps.catalog.models import GatewayKind, Model, Provider
from tests.fakes.llm_server import FakeLLM
from tests.fakes.llm_wire import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

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
