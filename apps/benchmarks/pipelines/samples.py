"""One sample, from the question to a result that is ready to be stored."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from apps.benchmarks.domain.outcomes import FAILED_OUTRIGHT, GRADED
from apps.benchmarks.domain.samples import SampleResult, hash_prompt
from apps.benchmarks.domain.specs import GradeOutcome, StructuredCheck, Verdict
from apps.benchmarks.domain.storable import storable_json, storable_line
from apps.benchmarks.domain.text import escape_text
from apps.benchmarks.pipelines.grading import grade_answer, grade_answer_sync
from apps.benchmarks.services.manifest import SMALLEST_COST
from apps.catalog.domain.completions import Outcome
from apps.core.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from decimal import Decimal

    from apps.benchmarks.domain.specs import TaskSpec
    from apps.benchmarks.gateways.sandbox import Sandbox
    from apps.benchmarks.selectors.shards import ShardPlan, Todo
    from apps.catalog.domain.completions import Completion
    from apps.catalog.pipelines.completions import Completer

logger = structlog.get_logger(__name__)

# Beyond these a provider's count is no count; the columns hold no more.
MOST_TOKENS = 1_000_000_000
MOST_COST = 900_000


@dataclass(frozen=True, slots=True)
class Desk:
    """What every sample of a shard is done with; `clock` gives the time of day."""

    plan: ShardPlan
    completer: Completer
    sandbox: Sandbox
    clock: Callable[[], datetime]


async def ask(desk: Desk, todo: Todo) -> Completion:
    """Ask the model for one sample; a failure comes back as an outcome."""
    spec = desk.plan.specs[todo.key.task_id]
    return await desk.completer.complete(
        spec.prompt,
        system=desk.plan.system_prompt,
        json_schema=_schema(spec),
        seed=desk.plan.seeds[todo.key.epoch - 1],
    )


async def grade(desk: Desk, todo: Todo, completion: Completion) -> SampleResult:
    """Return the result of a sample, graded where there is something to grade.

    Where grading breaks down the sample is unscored; the answer is kept, with what it
    cost.
    """
    spec = desk.plan.specs[todo.key.task_id]
    try:
        grading = await _grade(spec, completion, desk.sandbox)
    except Exception as error:
        # One sample's fault must not take the others along.
        logger.exception("grading_failed", task=str(todo.key.task_id))
        grading = GradeOutcome(
            Verdict.UNSCORED, describe_fault(error), milliseconds=0.0, sandbox_tier=""
        )
    return _to_result(desk, todo, completion, grading)


def describe_fault(error: Exception) -> str:
    """Return the reason that a fault of our own leaves on a result."""
    return f"internal error: {type(error).__name__}: {error}"


def _to_result(
    desk: Desk, todo: Todo, completion: Completion, grading: GradeOutcome
) -> SampleResult:
    spec = desk.plan.specs[todo.key.task_id]
    return SampleResult(
        id=new_id(),
        key=todo.key,
        attempt=todo.attempt,
        prompt_hash=hash_prompt(
            system=desk.plan.system_prompt,
            prompt=spec.prompt,
            sampling=desk.plan.model.sampling,
            schema=_schema(spec),
        ),
        answer=escape_text(completion.text),
        outcome=completion.outcome.value,
        verdict=grading.verdict,
        reason=storable_line(grading.reason),
        created_at=desk.clock(),
        breakdown=storable_json(grading.breakdown),
        input_tokens=_storable_count(completion.input_tokens),
        output_tokens=_storable_count(completion.output_tokens),
        cost=_storable_cost(completion.cost),
        first_token_ms=_storable_ms(completion.time_to_first_token_ms),
        total_ms=_storable_ms(completion.total_ms),
        working_ms=_storable_ms(completion.working_ms),
        waited_ms=_storable_ms(completion.waited_ms),
        grading_ms=_storable_ms(grading.milliseconds),
        retries=completion.retries,
        sandbox_tier=grading.sandbox_tier,
        provider_model=storable_line(completion.provider_model, most=200),
    )


def give_up(desk: Desk, todo: Todo, error: Exception) -> SampleResult:
    """Return the unscored result of a sample that a fault of our own kept unasked."""
    spec = desk.plan.specs[todo.key.task_id]
    return SampleResult(
        id=new_id(),
        key=todo.key,
        attempt=todo.attempt,
        prompt_hash=hash_prompt(
            system=desk.plan.system_prompt,
            prompt=spec.prompt,
            sampling=desk.plan.model.sampling,
            schema=_schema(spec),
        ),
        answer="",
        outcome="internal_error",
        verdict=Verdict.UNSCORED,
        reason=storable_line(describe_fault(error)),
        created_at=desk.clock(),
    )


async def _grade(
    spec: TaskSpec, completion: Completion, sandbox: Sandbox
) -> GradeOutcome:
    outcome = completion.outcome
    if outcome in GRADED:
        if isinstance(spec.check, StructuredCheck):
            # No jail to wait for: a thread would take longer than the grading.
            graded = grade_answer_sync(spec, completion.text, sandbox=sandbox)
        else:
            graded = await grade_answer(spec, completion.text, sandbox=sandbox)
        if outcome is Outcome.TRUNCATED and graded.verdict is Verdict.FAIL:
            return _with_reason(graded, f"The answer was cut off: {graded.reason}")
        return graded
    if outcome in FAILED_OUTRIGHT:
        verdict, what = Verdict.FAIL, FAILED_OUTRIGHT[outcome]
        reason = f"{what}: {completion.detail}" if completion.detail else f"{what}."
    else:
        verdict = Verdict.UNSCORED
        reason = completion.detail or outcome.value.replace("_", " ")
    return GradeOutcome(verdict, reason, milliseconds=0.0, sandbox_tier="")


def _with_reason(graded: GradeOutcome, reason: str) -> GradeOutcome:
    return GradeOutcome(
        graded.verdict,
        reason,
        graded.milliseconds,
        graded.sandbox_tier,
        graded.breakdown,
    )


def _schema(spec: TaskSpec) -> Mapping[str, object] | None:
    return spec.check.schema if isinstance(spec.check, StructuredCheck) else None


def _storable_count(tokens: int | None) -> int | None:
    return tokens if tokens is not None and 0 <= tokens <= MOST_TOKENS else None


def _storable_cost(cost: Decimal | None) -> Decimal | None:
    if cost is None or not 0 <= cost <= MOST_COST:
        return None
    return cost.quantize(SMALLEST_COST)


def _storable_ms(milliseconds: float | None) -> float | None:
    if milliseconds is None or not math.isfinite(milliseconds):
        return None
    return milliseconds
