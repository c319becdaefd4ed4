"""From an answer's text to a verdict, decided where the answer cannot reach it."""

from __future__ import annotations

import asyncio
import os
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import TYPE_CHECKING, Final

from apps.benchmarks.domain.answers import NoAnswerError, extract_code
from apps.benchmarks.domain.specs import (
    CallsCheck,
    GradeOutcome,
    ProgramCheck,
    StructuredCheck,
    TestProgramCheck,
    Verdict,
)
from apps.benchmarks.gateways.sandbox import SandboxStartError
from apps.benchmarks.pipelines.grading_kinds import (
    AnswerFailedError,
    Grade,
    TaskDefectError,
    grade_calls,
    grade_program,
    grade_structured,
    grade_test_program,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from apps.benchmarks.domain.specs import TaskSpec
    from apps.benchmarks.gateways.sandbox import Sandbox

_ATTEMPTS: Final = 3  # of a sandbox that does not start: one and two more


async def grade_answer(
    spec: TaskSpec, answer: str, *, sandbox: Sandbox
) -> GradeOutcome:
    """Grade a model's raw text without holding up the event loop.

    At most one answer a core is graded at a time; more wait their turn.
    """
    work = partial(grade_answer_sync, spec, answer, sandbox=sandbox)
    return await asyncio.get_running_loop().run_in_executor(_workers(os.getpid()), work)


async def grade_code(spec: TaskSpec, code: str, *, sandbox: Sandbox) -> GradeOutcome:
    """Grade code that is taken as it stands, without holding up the event loop."""
    work = partial(grade_code_sync, spec, code, sandbox=sandbox)
    return await asyncio.get_running_loop().run_in_executor(_workers(os.getpid()), work)


def grade_answer_sync(spec: TaskSpec, answer: str, *, sandbox: Sandbox) -> GradeOutcome:
    """Grade a model's raw text: its code is taken from the fence it stands in."""
    if isinstance(spec.check, StructuredCheck):
        return grade_code_sync(spec, answer, sandbox=sandbox)
    try:
        code = extract_code(answer, spec.entry_point)
    except NoAnswerError as error:
        return GradeOutcome(Verdict.FAIL, str(error), 0.0, "")
    return grade_code_sync(spec, code, sandbox=sandbox)


def grade_code_sync(spec: TaskSpec, code: str, *, sandbox: Sandbox) -> GradeOutcome:
    """Grade code that is taken as it stands; a JSON answer is taken as text.

    A crash, a time-out or a spent bound of the answer's is a fail with its reason. A
    sandbox that does not start is tried twice more, then the answer is unscored; so
    it is where no tier works, and where the task itself is at fault.
    """
    began = time.monotonic()
    structured = isinstance(spec.check, StructuredCheck)
    tier = "" if structured else sandbox.tier
    try:
        grade = _graded(spec, code, sandbox)
        verdict = Verdict.PASS if grade.passed else Verdict.FAIL
        reason, breakdown = grade.reason, grade.breakdown
    except AnswerFailedError as error:
        verdict, reason, breakdown = Verdict.FAIL, str(error), error.breakdown
    except (SandboxStartError, TaskDefectError) as error:
        verdict, reason, breakdown = Verdict.UNSCORED, str(error), {}
    milliseconds = (time.monotonic() - began) * 1000
    return GradeOutcome(verdict, _one_line(reason), milliseconds, tier, breakdown)


def _graded(spec: TaskSpec, code: str, sandbox: Sandbox) -> Grade:
    """Choose the way of grading and repeat it while the sandbox does not start.

    Raises:
        AnswerFailedError: the answer failed.
        TaskDefectError: the task is at fault.
        SandboxStartError: no jail came up.
    """
    match spec.check:
        case StructuredCheck():
            return grade_structured(spec.check, code)
        case CallsCheck():
            way: Callable[[], Grade] = partial(
                grade_calls, spec, spec.check, code, sandbox
            )
        case TestProgramCheck():
            way = partial(grade_test_program, spec, spec.check, code, sandbox)
        case ProgramCheck():
            way = partial(grade_program, spec, spec.check, code, sandbox)
    for _ in range(_ATTEMPTS - 1):
        if not sandbox.tier:
            break
        try:
            return way()
        except SandboxStartError:
            continue
    return way()


def _one_line(reason: str) -> str:
    shown = "".join(c if c.isprintable() else " " for c in reason)
    return " ".join(shown.encode("utf-8", "replace").decode().split())[:300]


@cache
def _workers(process: int) -> ThreadPoolExecutor:
    """Return the threads that wait for jails, one a core; a fork gets its own."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    name = f"grading-{process}"
    return ThreadPoolExecutor(max_workers=cores, thread_name_prefix=name)
