"""The cast of the pages: a suite, two models, and runs graded by the services."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from apps.accounts.models import Membership, User, Workspace, vouch_for_email
from apps.benchmarks.domain.samples import SampleKey, SampleResult
from apps.benchmarks.domain.specs import (
    CallsCheck,
    Step,
    TaskKind,
    TaskSpec,
    Verdict,
)
from apps.benchmarks.models import Shard
from apps.benchmarks.selectors.suites import get_tasks
from apps.benchmarks.services.leases import claim_shard, finish_shard
from apps.benchmarks.services.results import store_results
from apps.benchmarks.services.runs import create_run
from apps.benchmarks.services.suites import store_suite_version
from apps.catalog.models import GatewayKind, Model, PriceSource, Provider
from apps.core.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from apps.benchmarks.services.leases import Lease

    Judge = Callable[[int], Verdict]

LEASE = timedelta(minutes=1)
REFERENCE = "def reference_answer(): return 'not for models'"


def clock() -> datetime:
    return datetime.now(UTC)


def make_specs(count: int, families: int = 4) -> tuple[TaskSpec, ...]:
    return tuple(
        TaskSpec(
            task_id=f"pairs/{n}",
            family=f"family-{n % families}",
            category="code_generation",
            kind=TaskKind.PYTHON_FUNCTION,
            prompt=f"Write a function `pairs(n)` that returns {n} pairs.",
            entry_point="pairs",
            check=CallsCheck((Step(args=(424242,), expected=[(0, 1)]),)),
            reference=REFERENCE,
            broken=("def pairs(n): return []",),
        )
        for n in range(count)
    )


def make_suite(count: int = 6, slug: str = "starter", **fields: Any) -> UUID:
    title = fields.pop("title", slug.capitalize())
    version_id, _ = store_suite_version(
        slug=slug, title=title, specs=make_specs(count), now=clock(), **fields
    )
    return version_id


def make_model(name: str = "small", **fields: Any) -> UUID:
    provider, _ = Provider.objects.get_or_create(
        name="local",
        defaults={
            "display_name": "Local",
            "gateway": GatewayKind.OPENAI_COMPATIBLE,
            "base_url": "http://127.0.0.1:9/v1",
            "is_local": True,
        },
    )
    defaults = {
        "upstream_name": name,
        "display_name": name.capitalize(),
        "sampling": {"temperature": 0.0},
        "input_price": Decimal("0.15"),
        "output_price": Decimal("0.6"),
        "price_source": PriceSource.HAND,
    }
    return Model.objects.create(provider=provider, name=name, **defaults | fields).id


def make_run(version_id: UUID, *model_ids: UUID, **fields: Any) -> UUID:
    return create_run(
        suite_version_id=version_id,
        model_ids=model_ids,
        trigger="command",
        now=fields.pop("now", None) or clock(),
        publish=False,
        **fields,
    )


def claim(run_id: UUID) -> list[Lease]:
    shards = Shard.objects.filter(run_id=run_id).order_by("model__name")
    leases = [
        claim_shard(shard_id=shard.id, now=clock(), duration=LEASE) for shard in shards
    ]
    return [lease for lease in leases if lease is not None]


def store(lease: Lease, results: list[SampleResult]) -> None:
    store_results(
        lease=lease,
        results=results,
        package_versions={"assay": "0.1.0"},
        reserved=Decimal(0),
        limit_changes=[],
        now=clock(),
        duration=LEASE,
    )


def make_result(task_id: UUID, verdict: Verdict, **fields: Any) -> SampleResult:
    reasons = {
        Verdict.PASS: "",
        Verdict.FAIL: "pairs(3) returned [] where [(0, 1), (1, 2)] was expected",
        Verdict.UNSCORED: "the provider did not answer",
    }
    values: dict[str, Any] = {
        "id": new_id(),
        "key": SampleKey(task_id, 1),
        "attempt": 1,
        "prompt_hash": "ab" * 32,
        "answer": "def pairs(n):\n    return [(i, i + 1) for i in range(n - 1)]\n",
        "outcome": "upstream_failed" if verdict is Verdict.UNSCORED else "ok",
        "verdict": verdict,
        "reason": reasons[verdict],
        "created_at": clock(),
        "input_tokens": 52,
        "output_tokens": 40,
        "cost": Decimal("0.0000318"),
        "first_token_ms": 31.0,
        "total_ms": 240.0,
        "working_ms": 220.0,
        "waited_ms": 20.0,
        "grading_ms": 28.0,
        "sandbox_tier": "A",
        "provider_model": "small-2026-01",
    }
    return SampleResult(**values | fields)


def grade(run_id: UUID, *judges: Judge, **fields: Any) -> None:
    """Answer every task of the run; each model, by name, has a judge in order."""
    for lease, judge in zip(claim(run_id), judges, strict=True):
        tasks = get_tasks(lease.suite_version_id)
        store(
            lease,
            [
                make_result(task.id, judge(position), **fields)
                for position, task in enumerate(tasks)
            ],
        )
        finish_shard(lease=lease, status="done", now=clock())


def always(position: int) -> Verdict:
    return Verdict.PASS


def rarely(position: int) -> Verdict:
    return Verdict.PASS if position % 3 == 0 else Verdict.FAIL


def with_gaps(position: int) -> Verdict:
    return Verdict.UNSCORED if position == 0 else rarely(position)


def make_graded_run(**fields: Any) -> UUID:
    """Two models on the starter suite: one always passes, one often fails."""
    version_id = make_suite()
    run_id = make_run(version_id, make_model("strong"), make_model("weak"))
    grade(run_id, always, with_gaps, **fields)
    return run_id


def make_person(
    email: str, *, is_staff: bool = False, password: str | None = None
) -> User:
    person = User.objects.create_user(email, password, is_staff=is_staff)
    vouch_for_email(person)
    return person


def make_workspace(*members: User) -> Workspace:
    workspace = Workspace.objects.create(name="Their team")
    for member in members:
        Membership.objects.create(workspace=workspace, user=member)
    return workspace
