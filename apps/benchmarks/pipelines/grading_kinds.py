"""One way of grading for each kind of check."""

from __future__ import annotations

import builtins
import math
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from apps.benchmarks.domain.answers import MAX_ANSWER, NoAnswerError, extract_json
from apps.benchmarks.domain.checks import describe, equals, same_output
from apps.benchmarks.domain.checks_structured import matching_keys, schema_fault
from apps.benchmarks.domain.values import WireError
from apps.benchmarks.domain.values_raw import Token, write_value
from apps.benchmarks.gateways.sandbox import JailEndedError, Limits
from apps.benchmarks.gateways.sandbox.client import (
    AnswerRaisedError,
    Candidate,
    TesterEndedError,
    relay,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from apps.benchmarks.domain.specs import (
        CallsCheck,
        ProgramCase,
        ProgramCheck,
        Step,
        StructuredCheck,
        TaskSpec,
        TestProgramCheck,
    )
    from apps.benchmarks.gateways.sandbox import Sandbox
    from apps.benchmarks.gateways.sandbox.client import Report

# A test program's own work is comparing; an answer cannot make it long but by the
# size of what it returns.
_TESTER_SECONDS: Final = 10.0
# In place of the number of the latest instance: no step has asked for one yet, or the
# answer gave something else.
_NOT_MADE: Final = -1
_NO_INSTANCE: Final = -2


class AnswerFailedError(Exception):
    """The answer is wrong, or did not survive; the message says how."""

    def __init__(
        self, reason: str, breakdown: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(reason)
        self.breakdown: Mapping[str, object] = breakdown or {}


class TaskDefectError(Exception):
    """The task cannot be graded, whatever the answer."""


@dataclass(frozen=True, slots=True)
class Grade:
    """A verdict that the check came to."""

    passed: bool
    reason: str = ""
    breakdown: Mapping[str, object] = field(default_factory=dict)


def limits_for(spec: TaskSpec) -> Limits:
    """Return the bounds of a jail for a task's answer."""
    return Limits(
        cpu_seconds=math.ceil(spec.time_limit_seconds) + 1,
        memory_mb=spec.memory_limit_mb,
    )


def grade_structured(check: StructuredCheck, text: str) -> Grade:
    """Compare a JSON answer with its schema and the planted truth.

    Raises:
        AnswerFailedError: it has no JSON, or breaks the schema.
    """
    try:
        document = extract_json(text)
    except NoAnswerError as error:
        raise AnswerFailedError(str(error)) from error
    if fault := schema_fault(check, document):
        raise AnswerFailedError(fault)
    matches = matching_keys(check, document)
    wrong = [key for key, match in matches.items() if not match]
    return Grade(
        passed=not wrong,
        reason=f"wrong: {', '.join(wrong)}" if wrong else "",
        breakdown={"keys": matches},
    )


def grade_calls(
    spec: TaskSpec, check: CallsCheck, code: str, sandbox: Sandbox
) -> Grade:
    """Call the answer step by step and compare outside its jail.

    Raises:
        AnswerFailedError: a step went wrong.
        TaskDefectError: a step's arguments are not plain data.
        SandboxStartError: the jail did not come up.
    """
    with sandbox.open("candidate", limits_for(spec)) as jail:
        candidate = Candidate(jail, spec.time_limit_seconds)
        entry = _load(candidate, spec, code)
        latest, steps = -1, len(check.steps)
        for done, step in enumerate(check.steps):
            where = f"in call {done + 1} of {steps}"
            try:
                latest = _take_step(candidate, step, entry, latest)
            except WireError as error:
                raise TaskDefectError(f"{where}: {error}") from error
            except (AnswerFailedError, JailEndedError) as error:
                counted = {"steps": steps, "passed": done}
                raise AnswerFailedError(f"{where}: {error}", counted) from error
    return Grade(passed=True, breakdown={"steps": steps, "passed": steps})


def _load(candidate: Candidate, spec: TaskSpec, code: str) -> int:
    _refuse_endless(code)
    try:
        return candidate.load(spec.code_prompt, code, spec.entry_point)
    except AnswerRaisedError as error:
        raise AnswerFailedError(f"it does not load: {_shown(error)}") from error
    except JailEndedError as error:
        raise AnswerFailedError(f"it does not load: {error}") from error


def _refuse_endless(code: str) -> None:
    if len(code) > MAX_ANSWER:
        raise AnswerFailedError("the answer is too long")


def _take_step(candidate: Candidate, step: Step, entry: int, latest: int) -> int:
    """Make one call; return the number of the instance that later methods use."""
    try:
        value = _call(candidate, step, entry, latest)
    except AnswerRaisedError as error:
        if step.raises is None:
            raise AnswerFailedError(f"it raised {_shown(error)}") from error
        if not _is_kind_of(error.name, step.raises):
            raise AnswerFailedError(
                f"it raised {error.name}, not what the task asks for"
            ) from error
        return latest
    if step.raises is not None:
        raise AnswerFailedError(f"it returned {describe(value)} and did not raise")
    if step.compare and not equals(step.expected, value, step.tolerance):
        raise AnswerFailedError(f"it returned {describe(value)}, which is wrong")
    if step.target or latest >= 0:
        return latest if step.target else _instance_in(value, latest)
    return _instance_in(value, _NO_INSTANCE)


def _instance_in(value: Any, otherwise: int) -> int:
    is_instance = isinstance(value, Token) and value.is_instance
    return value.number if is_instance else otherwise


def _call(candidate: Candidate, step: Step, entry: int, latest: int) -> Any:
    if not step.target:
        return candidate.call(entry, step.args, step.kwargs)
    if latest == _NOT_MADE:
        raise TaskDefectError("a method's step comes before any instance")
    if latest == _NO_INSTANCE:
        raise AnswerFailedError(f"it made no instance to call {step.target!r} on")
    method = candidate.method(latest, step.target.removeprefix("."))
    return candidate.call(method, step.args, step.kwargs)


def _is_kind_of(raised: str, wanted: str) -> bool:
    kind, base = getattr(builtins, raised, None), getattr(builtins, wanted, None)
    return isinstance(kind, type) and isinstance(base, type) and issubclass(kind, base)


def _shown(error: AnswerRaisedError) -> str:
    arguments = error.arguments
    if isinstance(arguments, tuple) and arguments:
        return f"{error.name}: {describe(arguments[0])}"
    return error.name


def grade_test_program(
    spec: TaskSpec, check: TestProgramCheck, code: str, sandbox: Sandbox
) -> Grade:
    """Run a foreign test program in a second jail against a proxy of the answer.

    Raises:
        AnswerFailedError: the answer failed a test, or did not survive.
        TaskDefectError: the test program is at fault, with the reference too.
        SandboxStartError: a jail did not come up.
    """
    try:
        return _run_test_program(spec, check, code, sandbox)
    except TaskDefectError as defect:
        # An answer may have spoilt what the tests start from, to end as unscored.
        if code != spec.reference and _holds_for_reference(spec, check, sandbox):
            raise AnswerFailedError(f"with this answer alone, {defect}") from defect
        raise


def _holds_for_reference(
    spec: TaskSpec, check: TestProgramCheck, sandbox: Sandbox
) -> bool:
    try:
        return _run_test_program(spec, check, spec.reference, sandbox).passed
    except (AnswerFailedError, TaskDefectError):
        return False


def _run_test_program(
    spec: TaskSpec, check: TestProgramCheck, code: str, sandbox: Sandbox
) -> Grade:
    limits = limits_for(spec)
    foreign = replace(limits, cpu_seconds=math.ceil(_TESTER_SECONDS) + 1)
    with ExitStack() as stack:
        jail = stack.enter_context(sandbox.open("candidate", limits))
        tester = stack.enter_context(sandbox.open("tester", foreign))
        candidate = Candidate(jail, spec.time_limit_seconds)
        try:
            _load(candidate, spec, code)
            source = (check.program, check.setup, spec.entry_point)
            tester.greet()
            tester.send(b"T", write_value(source))
            report = relay(tester, candidate, _TESTER_SECONDS)
        except JailEndedError as error:
            raise AnswerFailedError(error.reason) from error
        except TesterEndedError as error:
            if not error.asked:
                raise TaskDefectError(f"the test program: {error.reason}") from error
            raise AnswerFailedError(
                f"the test program could not go on with its values: {error.reason}"
            ) from error
    return _read_report(report)


def _read_report(report: Report) -> Grade:
    where = f"line {report.line} of the test program"
    match report.kind:
        case "pass":
            return Grade(passed=True)
        case "assertion":
            reason = f"the assertion at {where} does not hold"
        case "answer":
            reason = f"it raised {report.error} at {where}"
        case "program":
            reason = f"{report.error} at {where} over what it returned"
        case _:
            raise TaskDefectError(
                f"the test program is at fault: {report.error} at {where}"
            )
    return Grade(passed=False, reason=reason, breakdown={"line": report.line})


def grade_program(
    spec: TaskSpec, check: ProgramCheck, code: str, sandbox: Sandbox
) -> Grade:
    """Run a whole program afresh for each case and compare what it prints.

    Raises:
        AnswerFailedError: a case went wrong.
        SandboxStartError: a jail did not come up.
    """
    _refuse_endless(code)
    for done, case in enumerate(check.cases):
        try:
            _run_case(spec, case, code, sandbox)
        except (AnswerFailedError, JailEndedError) as error:
            counted = {"cases": len(check.cases), "passed": done}
            raise AnswerFailedError(
                f"in case {done + 1} of {len(check.cases)}: {error}", counted
            ) from error
    done = len(check.cases)
    return Grade(passed=True, breakdown={"cases": done, "passed": done})


def _run_case(spec: TaskSpec, case: ProgramCase, code: str, sandbox: Sandbox) -> None:
    with sandbox.open("program", limits_for(spec)) as jail:
        jail.greet()
        jail.send(b"P", write_value((code, case.stdin)))
        output, status = jail.drain(spec.time_limit_seconds)
    if status:
        raise AnswerFailedError(f"it ended with status {status}")
    if not same_output(case.stdout, output.decode("utf-8", "replace")):
        raise AnswerFailedError("it printed something else")
