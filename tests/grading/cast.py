"""The tasks that the tests of grading are about."""

from __future__ import annotations

from apps.benchmarks.domain.specs import (
    CallsCheck,
    Check,
    ProgramCase,
    ProgramCheck,
    Step,
    TaskKind,
    TaskSpec,
    TestProgramCheck,
)

CALLS = CallsCheck(
    (
        Step(args=([1, 2, 3],), expected=6),
        Step(args=([],), expected=0),
        Step(args=([-5, 5, 7],), expected=7),
        Step(args=([10**12, 1],), expected=10**12 + 1),
    )
)

PROGRAM = TestProgramCheck(
    program="""
def check(candidate):
    assert candidate([1, 2, 3]) == 6, "three"
    assert candidate([]) == 0
    assert abs(candidate([-5, 5, 7]) - 7) < 1e-6
    assert not candidate([4]) != 4
    assert candidate([3, 3]) in (6,)
    assert candidate([10**12, 1]) == 10**12 + 1
"""
)


def total_task(check: Check, *, seconds: float = 5.0) -> TaskSpec:
    """Return the task of adding up a list."""
    return function_task(check, "total", seconds=seconds)


def function_task(
    check: Check, name: str, *, code_prompt: str = "", seconds: float = 5.0
) -> TaskSpec:
    """Return a task whose answer is a function or class of that name."""
    return TaskSpec(
        task_id="cast/1",
        family="cast",
        category="code_generation",
        kind=TaskKind.PYTHON_FUNCTION,
        prompt="",
        entry_point=name,
        check=check,
        reference="",
        broken=(),
        code_prompt=code_prompt,
        time_limit_seconds=seconds,
    )


def checked_by(program: str, *, setup: str = "") -> TestProgramCheck:
    """Return a check by a foreign test program."""
    return TestProgramCheck(program=program, setup=setup)


def program_task(*cases: tuple[str, str], seconds: float = 5.0) -> TaskSpec:
    """Return a task whose answer reads standard input and writes standard output."""
    return TaskSpec(
        task_id="cast/2",
        family="cast",
        category="code_generation",
        kind=TaskKind.PYTHON_PROGRAM,
        prompt="",
        entry_point="",
        check=ProgramCheck(tuple(ProgramCase(i, o) for i, o in cases)),
        reference="",
        broken=(),
        time_limit_seconds=seconds,
    )
