from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from apps.benchmarks.domain.specs import CallsCheck, Step, Verdict
from apps.benchmarks.pipelines.grading import grade_answer_sync, grade_code_sync
from tests.grading.cast import function_task

if TYPE_CHECKING:
    from apps.benchmarks.gateways.sandbox import Sandbox

PROMPT = '''from __future__ import annotations
from math import floor
from typing import List

LIMIT = 10

def double(x):
    return 2 * x

@staticmethod
def f(x: List[int]) -> int:
    """Return twice the floor of x."""
'''
CHECK = CallsCheck((Step(args=(2.5,), expected=4),))

RIGHT = {
    "a body continues the prompt": "    return double(floor(x))\n",
    "a body may bring helpers after it": (
        "    return g(x)\n\ndef g(x):\n    return double(floor(x))\n"
    ),
    "a body may begin with a comment": "# so:\n    return double(floor(x))\n",
    "a whole function follows imports and helpers": (
        "def f(x: List[int]) -> int:\n    return double(floor(x))\n"
    ),
    "a whole module stands alone": (
        "from __future__ import annotations\nimport math\n"
        "def f(x):\n    return 2 * math.floor(x)\n"
    ),
    "an assignment defines too": "f = lambda x: double(floor(x))",
    "a definition behind a condition counts": (
        "if LIMIT:\n    def f(x):\n        return double(floor(x))\n"
    ),
    "a helper may be replaced": (
        "def double(x):\n    return x + x\ndef f(x):\n    return double(floor(x))\n"
    ),
}


@pytest.mark.parametrize("code", RIGHT.values(), ids=RIGHT)
def test_an_answer_is_put_together_with_its_prompt(
    code: str, namespaces: Sandbox
) -> None:
    spec = function_task(CHECK, "f", code_prompt=PROMPT)

    outcome = grade_code_sync(spec, code, sandbox=namespaces)

    assert outcome.verdict is Verdict.PASS, outcome


WRONG = {
    "an empty body": ("", "it returned None"),
    "a dedented body": ("return double(floor(x))\n", "it does not load: SyntaxError"),
    "code beside the point": ("x = 1\n", "it returned None"),
    "a function within another": (
        "def g():\n    def f(x):\n        return 4\n",
        "it returned None",
    ),
}


@pytest.mark.parametrize(("code", "reason"), WRONG.values(), ids=WRONG)
def test_what_does_not_answer_the_prompt_fails(
    code: str, reason: str, namespaces: Sandbox
) -> None:
    spec = function_task(CHECK, "f", code_prompt=PROMPT)

    outcome = grade_code_sync(spec, code, sandbox=namespaces)

    assert outcome.verdict is Verdict.FAIL
    assert reason in outcome.reason


@pytest.mark.parametrize("prompt", ["", "Write a function that doubles.", "def f(x:"])
def test_a_prompt_that_is_not_python_contributes_nothing(
    prompt: str, namespaces: Sandbox
) -> None:
    spec = function_task(CHECK, "f", code_prompt=prompt)
    code = "import math\ndef f(x):\n    return 2 * math.floor(x)"

    outcome = grade_code_sync(spec, code, sandbox=namespaces)

    assert outcome.verdict is Verdict.PASS, outcome


def test_a_models_text_is_graded_by_its_fence(namespaces: Sandbox) -> None:
    spec = function_task(CHECK, "f", code_prompt=PROMPT)
    text = "I round down:\n\n```python\n    return double(floor(x))\n```\nThat is all."

    outcome = grade_answer_sync(spec, text, sandbox=namespaces)

    assert outcome.verdict is Verdict.PASS, outcome


def test_an_empty_text_fails_without_a_jail(namespaces: Sandbox) -> None:
    outcome = grade_answer_sync(function_task(CHECK, "f"), " ", sandbox=namespaces)

    assert (outcome.verdict, outcome.reason) == (Verdict.FAIL, "the answer is empty")
    assert outcome.sandbox_tier == ""
