"""Answers graded a second, per core, in each tier of the sandbox."""

from __future__ import annotations

import asyncio
import os
import time
from typing import TYPE_CHECKING

from apps.benchmarks.domain.families import draw_starter
from apps.benchmarks.domain.specs import TaskKind, TestProgramCheck, Verdict
from apps.benchmarks.gateways.sandbox import SandboxStartError, open_tier
from apps.benchmarks.pipelines.grading import grade_code
from tests.bench.table import Finding

if TYPE_CHECKING:
    from apps.benchmarks.domain.specs import TaskSpec
    from apps.benchmarks.gateways.sandbox import Sandbox

ANSWERS = 300
TARGET = 25.0

FOREIGN = TestProgramCheck(
    program="def check(candidate):\n"
    + "".join(f"    assert candidate({n}) == {n * n}\n" for n in range(10))
)


def measure() -> list[Finding]:
    """Grade reference answers, all of which must pass, in tiers A and B."""
    specs = [spec for spec in draw_starter(1) if spec.kind is TaskKind.PYTHON_FUNCTION]
    return [
        finding
        for tier in ("A", "B")
        for finding in (
            _measure(tier, "calls checked outside", specs),
            _measure(tier, "a test program in a second jail", [_foreign(specs[0])]),
        )
    ]


def _foreign(spec: TaskSpec) -> TaskSpec:
    return type(spec)(
        task_id="bench/square",
        family=spec.family,
        category=spec.category,
        kind=spec.kind,
        prompt="Square a number.",
        entry_point="square",
        check=FOREIGN,
        reference="def square(n):\n    return n * n\n",
        broken=("def square(n):\n    return n\n",),
    )


def _measure(tier: str, how: str, specs: list[TaskSpec]) -> Finding:
    name = f"python_function answers, tier {tier}, {how}"
    promised = "outside" in how
    target = f"≥ {TARGET:.0f} a second per core" if promised else "measured only"
    try:
        sandbox = open_tier(tier)
    except SandboxStartError as error:
        return Finding(name, f"no tier {tier} here: {error}", target, met=None)
    cores = len(os.sched_getaffinity(0))
    asyncio.run(_grade(specs, sandbox, cores * 4))
    started = time.perf_counter()
    asyncio.run(_grade(specs, sandbox, ANSWERS))
    rate = ANSWERS / (time.perf_counter() - started) / cores
    met = rate >= TARGET if promised else None
    return Finding(name, f"{rate:.1f} a second per core", target, met)


async def _grade(specs: list[TaskSpec], sandbox: Sandbox, number: int) -> None:
    chosen = [specs[index % len(specs)] for index in range(number)]
    outcomes = await asyncio.gather(
        *(grade_code(spec, spec.reference, sandbox=sandbox) for spec in chosen)
    )
    for spec, outcome in zip(chosen, outcomes, strict=True):
        if outcome.verdict is not Verdict.PASS:
            raise RuntimeError(f"{spec.task_id}: {outcome.reason}")
