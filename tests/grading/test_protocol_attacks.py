from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from apps.benchmarks.domain.specs import CallsCheck, Step, Verdict
from apps.benchmarks.pipelines.grading import grade_code_sync
from tests.grading.cast import CALLS, PROGRAM, checked_by, total_task

if TYPE_CHECKING:
    from apps.benchmarks.gateways.sandbox import Sandbox

# Reaches the objects of the jail's own worker, in whose process the answer runs.
_FIND = """
import sys
def _find(name):
    frame = sys._getframe()
    while frame:
        for value in list(frame.f_locals.values()):
            if type(value).__name__ == name:
                return value
        frame = frame.f_back
"""
_TOTAL = "\ndef total(numbers):\n    return True\n"
_RIGHT = "def total(numbers):\n    return sum(numbers)\n"
# Of its entry point the answer claims what makes the tests stumble over their start.
FLAGS = {"a class that cannot be called": 64, "all but callable": 64 + 61}
_NAME = b"\xff\xfe"
RENAMED = f"""
import ctypes
ctypes.CDLL(None).prctl(15, {_NAME!r}, 0, 0, 0)
def total(numbers):
    return sum(numbers)
"""
# A test program that speaks to the trusted process in its own words.
_SPEAK = _FIND + "link = total.__closure__[1].cell_contents\nchannel = link._channel\n"
FRAMES = {
    "names that are none": 'link.ask(b"N", None)',
    "no names": 'link.ask(b"N", [])',
    "names of another type": 'link.ask(b"N", [1])',
    "an endless line": (
        "from apps.benchmarks.domain.values import Encoder\n"
        'channel.send(b"V", Encoder().encode(("pass", "", 10 ** 5000)))'
    ),
}


@pytest.mark.parametrize("claim", FLAGS)
def test_an_answer_cannot_make_its_failure_look_like_the_tests_fault(
    claim: str, sandbox: Sandbox
) -> None:
    lie = f"lambda names: {{names[0]: (0, {FLAGS[claim]}, 'x')}}"
    code = f"{_FIND}_find('Answer')._operations[b'N'] = {lie}{_TOTAL}"
    outcome = grade_code_sync(total_task(PROGRAM), code, sandbox=sandbox)
    assert outcome.verdict is Verdict.FAIL, outcome


@pytest.mark.parametrize(
    ("reference", "verdict"),
    [(f"{_RIGHT}helper = print\n", Verdict.FAIL), ("", Verdict.UNSCORED)],
)
def test_a_fault_of_the_tests_is_believed_only_where_the_reference_meets_it(
    reference: str, verdict: Verdict, sandbox: Sandbox
) -> None:
    program = (
        "try:\n    helper\nexcept NameError:\n    raise TypeError from None\n"
        "assert total([1]) == 1\n"
    )
    spec = replace(total_task(checked_by(program)), reference=reference)
    outcome = grade_code_sync(spec, _RIGHT, sandbox=sandbox)
    assert outcome.verdict is verdict, outcome


@pytest.mark.parametrize("check", [CALLS, PROGRAM])
def test_a_process_name_that_is_no_text_harms_nobody(
    check: object, sandbox: Sandbox
) -> None:
    spec = replace(total_task(CALLS), check=check)  # type: ignore[arg-type]
    outcome = grade_code_sync(spec, RENAMED, sandbox=sandbox)
    assert outcome.verdict is Verdict.PASS, outcome


@pytest.mark.parametrize("frame", FRAMES)
def test_a_test_program_that_speaks_out_of_turn_ends_without_a_pass(
    frame: str, namespaces: Sandbox
) -> None:
    spec = total_task(checked_by(f"{_SPEAK}{FRAMES[frame]}\n"))
    outcome = grade_code_sync(spec, _RIGHT, sandbox=namespaces)
    assert outcome.verdict is not Verdict.PASS, outcome


@pytest.mark.parametrize(
    ("program", "code"),
    [
        (
            (
                "assert all(map(total, [[1], [2]]))\n"
                "assert all(got == 1 for got in map(total, [[1]]))"
            ),
            "def total(numbers):\n    raise StopIteration",
        ),
        (
            "assert eval(total([1])) == 1",
            "def total(numbers):\n    return 'exit()'",
        ),
        (
            "assert eval(total([1])) == 1",
            "def total(numbers):\n    return '__import__(\\'sys\\').exit()'",
        ),
    ],
)
def test_the_tests_end_only_where_they_end(
    program: str, code: str, sandbox: Sandbox
) -> None:
    spec = total_task(checked_by(program))
    outcome = grade_code_sync(spec, code, sandbox=sandbox)
    assert outcome.verdict is Verdict.FAIL, outcome


def test_a_class_task_answered_by_a_function_fails(sandbox: Sandbox) -> None:
    check = CallsCheck((Step(compare=False), Step(target=".add", expected=None)))
    code = "total = lambda *values: None\n"
    outcome = grade_code_sync(total_task(check), code, sandbox=sandbox)
    assert outcome.verdict is Verdict.FAIL, outcome
    assert "no instance" in outcome.reason


@pytest.mark.parametrize("call", ["os.chmod('.', 0o700)", "os.utime('.')"])
def test_a_file_in_tier_b_keeps_its_mode_and_times(
    call: str, landlock: Sandbox
) -> None:
    code = f"import os\ndef total(numbers):\n    {call}\n    return sum(numbers)\n"
    outcome = grade_code_sync(total_task(CALLS), code, sandbox=landlock)
    assert "PermissionError" in outcome.reason
