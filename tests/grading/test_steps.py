from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from apps.benchmarks.domain.specs import CallsCheck, Step, Verdict
from apps.benchmarks.pipelines.grading import grade_code_sync
from tests.grading.cast import function_task

if TYPE_CHECKING:
    from apps.benchmarks.domain.specs import GradeOutcome
    from apps.benchmarks.gateways.sandbox import Sandbox

STACK = """
class Stack:
    def __init__(self, *items):
        self.items = list(items)
    def push(self, item):
        self.items.append(item)
        return self
    def pop(self):
        return self.items.pop()
    def size(self):
        return len(self.items)
"""


def grade(sandbox: Sandbox, name: str, code: str, *steps: Step) -> GradeOutcome:
    return grade_code_sync(
        function_task(CallsCheck(steps), name), code, sandbox=sandbox
    )


def test_methods_are_called_on_the_latest_instance(sandbox: Sandbox) -> None:
    outcome = grade(
        sandbox,
        "Stack",
        STACK,
        Step(args=(1, 2), compare=False),
        Step(target=".push", args=(3,), compare=False),
        Step(target=".pop", expected=3),
        Step(target=".size", expected=2),
        Step(compare=False),
        Step(target=".size", expected=0),
        Step(target=".pop", raises="IndexError"),
    )

    assert outcome.verdict is Verdict.PASS, outcome
    assert outcome.breakdown == {"steps": 7, "passed": 7}


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (
            Step(target=".pop", expected=9),
            "in call 2 of 2: it returned 1, which is wrong",
        ),
        (Step(target=".fly"), "in call 2 of 2: it raised AttributeError: "),
        (Step(target=".items"), "in call 2 of 2: it raised TypeError: "),
        (Step(target=".__init__"), "in call 2 of 2: it raised AttributeError: "),
        (
            Step(target=".pop", raises="KeyError"),
            "in call 2 of 2: it returned 1 and did",
        ),
    ],
)
def test_a_wrong_method_fails_with_its_place(
    namespaces: Sandbox, step: Step, reason: str
) -> None:
    outcome = grade(namespaces, "Stack", STACK, Step(args=(1,), compare=False), step)

    assert outcome.verdict is Verdict.FAIL
    assert outcome.reason.startswith(reason)


@pytest.mark.parametrize(
    ("raised", "wanted", "verdict"),
    [
        ("ValueError", "ValueError", Verdict.PASS),
        ("UnicodeError", "ValueError", Verdict.PASS),
        ("type('Own', (KeyError,), {})", "KeyError", Verdict.PASS),
        ("type('Own', (KeyError,), {})", "LookupError", Verdict.PASS),
        ("ValueError", "KeyError", Verdict.FAIL),
        ("Exception", "ValueError", Verdict.FAIL),
        ("type('ValueError', (Exception,), {})", "ValueError", Verdict.FAIL),
    ],
)
def test_an_exception_is_known_by_its_nearest_built_in_class(
    namespaces: Sandbox, raised: str, wanted: str, verdict: Verdict
) -> None:
    code = f"def f(x):\n    raise {raised}('no')"

    outcome = grade(namespaces, "f", code, Step(args=(1,), raises=wanted))

    assert outcome.verdict is verdict, outcome


def test_arguments_and_results_keep_their_types(sandbox: Sandbox) -> None:
    values = ((1, 2.5), {"k": {1, 2}}, [b"x", None], 3j, "\ud800", 1 << 200)
    code = "def echo(*values, **named):\n    return values, named"

    outcome = grade(
        sandbox,
        "echo",
        code,
        Step(args=values, kwargs={"n": -0.0}, expected=(values, {"n": -0.0})),
    )

    assert outcome.verdict is Verdict.PASS, outcome


def test_a_tolerance_is_the_steps_own(namespaces: Sandbox) -> None:
    code = "def f(x):\n    return x + 0.001"

    loose = grade(namespaces, "f", code, Step(args=(1,), expected=1.0, tolerance=0.01))
    tight = grade(namespaces, "f", code, Step(args=(1,), expected=1.0))

    assert (loose.verdict, tight.verdict) == (Verdict.PASS, Verdict.FAIL)


def test_a_step_that_no_answer_could_take_is_the_tasks_fault(
    namespaces: Sandbox,
) -> None:
    code = "def f(*values):\n    return 1"

    early = grade(namespaces, "f", code, Step(target=".go"))
    odd = grade(namespaces, "f", code, Step(args=(object(),), expected=1))

    assert (early.verdict, odd.verdict) == (Verdict.UNSCORED, Verdict.UNSCORED)
    assert odd.reason == "in call 1 of 1: a object is not plain data"


def test_random_numbers_are_the_same_every_time(sandbox: Sandbox) -> None:
    code = (
        "import random\ndef f():\n    return random.random() < 2, list({'a', 'b', 'c'})"
    )
    draw = "import random\ndef f():\n    return random.random()"

    seen = [
        grade(sandbox, "f", source, Step(expected="?")).reason
        for source in (draw, draw, code, code)
    ]

    assert seen[0] == seen[1]
    assert "it returned 0." in seen[0]
    assert seen[2] == seen[3]
