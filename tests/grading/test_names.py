"""Whose names a test program uses: its own, its prompt's, and last the answer's."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from apps.benchmarks.domain.specs import Verdict
from apps.benchmarks.pipelines.grading import grade_code_sync
from tests.grading.cast import checked_by, function_task

if TYPE_CHECKING:
    from apps.benchmarks.domain.specs import TaskSpec
    from apps.benchmarks.gateways.sandbox import Sandbox

PROMPT = '''\
import math
from typing import List

LIMIT = 3


def poly(values: List[int], x: float):
    """Evaluate a polynomial."""
    return sum(c * math.pow(x, n) for n, c in enumerate(values))


def close(a, b):
    return math.isclose(a, b, abs_tol=1e-6)


def zero(values: List[int]):
    """Find where `poly` is zero."""
'''
TEST = """\
METADATA = {"author": "tests", "least": 3}


def check(candidate):
    found = [candidate([-2, 1]), candidate([-9, 0, 1])]
    assert len(found) == 2 and all(isinstance(x, (int, float)) for x in found)
    assert close(poly([-2, 1], found[0]), 0) and abs(poly([-2, 1], found[0])) < 1e-6
    assert sorted(map(abs, found)) == [2.0, METADATA["least"]] and LIMIT == 3
    assert math.isclose(math.fabs(found[1]), 3.0) and max(found) == 3.0
"""
RIGHT = """\
def zero(values):
    return 2.0 if values[0] == -2 else 3.0
"""
WRONG = "def zero(values):\n    return Yes(99)\n"
YES = """\
class Yes(float):
    def __eq__(self, other):
        return True
    __lt__ = __gt__ = __le__ = __ge__ = __eq__
    __hash__ = float.__hash__
    def __abs__(self):
        return self
    def __call__(self, *values):
        return self
"""

CHEATS = {
    "the built-in functions": (
        "sorted = lambda *v, **k: [2.0, 3]\nabs = lambda x: 0\nmax = lambda v: 3.0\n"
        "isinstance = all = lambda *v: True\nlen = lambda v: 2\n"
    ),
    "the module of built-ins": (
        "import builtins\nfor name in ('sorted', 'abs', 'isinstance', 'all', 'max'):\n"
        "    setattr(builtins, name, lambda *v, **k: True)\n"
    ),
    "the helpers": "poly = lambda values, x: 0\nclose = lambda a, b: True\nLIMIT = 3\n",
    "a module's functions": (
        "import math\nmath.isclose = lambda *v, **k: True\n"
        "math.fabs = math.pow = lambda *v: 0.0\n"
    ),
    "a module": (
        "import sys\nclass math:\n    isclose = fabs = pow = lambda *v, **k: True\n"
        "sys.modules['math'] = math\n"
    ),
    "the tests' own names": (
        "METADATA = {'author': '', 'least': 99}\ncandidate = lambda v: 3.0\n"
        "check = lambda candidate: candidate([0])\n"
    ),
}


def polynomial(program: str = TEST) -> TaskSpec:
    check = checked_by(program, setup=PROMPT)
    return function_task(check, "zero", code_prompt=PROMPT)


def verdict(sandbox: Sandbox, spec: TaskSpec, code: str) -> Verdict:
    return grade_code_sync(spec, code, sandbox=sandbox).verdict


@pytest.mark.parametrize("cheat", CHEATS.values(), ids=CHEATS)
def test_an_answer_gains_nothing_by_redefining(cheat: str, sandbox: Sandbox) -> None:
    for code in (cheat + YES + WRONG, YES + WRONG + cheat):
        assert verdict(sandbox, polynomial(), code) is Verdict.FAIL


# Who takes the built-ins from the process that he runs in has only himself to blame.
@pytest.mark.parametrize("name", sorted(set(CHEATS) - {"the module of built-ins"}))
def test_nor_is_a_right_answer_harmed_by_it(name: str, sandbox: Sandbox) -> None:
    assert verdict(sandbox, polynomial(), CHEATS[name] + RIGHT) is Verdict.PASS


@pytest.mark.parametrize(
    "program",
    ["assert True\ncheck(zero)", "candidate(1)", "assert METADATA(zero([1]))"],
)
def test_the_tests_own_names_never_come_from_the_answer(
    program: str, sandbox: Sandbox
) -> None:
    code = f"{YES}{WRONG}check = candidate = METADATA = lambda *v: True\n"
    assert verdict(sandbox, polynomial(program), code) is not Verdict.PASS


def test_nor_do_names_that_the_tests_import_with_a_star(sandbox: Sandbox) -> None:
    program = "from string import *\nassert zero([1]).of(digits, capwords)\n"
    lie = "class capwords:\n    def of(self, *v):\n        return True\n"
    code = f"{lie}def zero(values):\n    return capwords()\n"
    assert verdict(sandbox, polynomial(program), code) is Verdict.FAIL


def test_a_name_that_only_the_answer_has_is_the_answers(sandbox: Sandbox) -> None:
    program = "assert zero([1]).value == Point(4).value == 4\n"
    point = "class Point:\n    def __init__(self, v):\n        self.value = v\n"
    code = f"{point}def zero(values):\n    return Point(4)\n"
    assert verdict(sandbox, polynomial(program), code) is Verdict.PASS


OPEN = "import math\n\n\ndef twice(x):\n    return 2 * x\n\n\n"
OPEN_PROMPTS = {
    "a signature": f"{OPEN}def zero(values):\n",
    "a signature and a comment": f"{OPEN}def zero(values):\n    # Twice the first.\n",
    "a signature and blank lines": f"{OPEN}def zero(values):\n\n\n",
    "a signature without a line end": f"{OPEN}def zero(values):",
    "an open condition": f"{OPEN}def zero(values):\n    if values:\n",
    "a signature on several lines": f"{OPEN}def zero(\n    values,\n) -> int:\n",
}
ANSWERS = {
    "that continues": "        return twice(math.floor(values[0]))\n",
    "that is whole": "def zero(values):\n    return twice(math.floor(values[0]))\n",
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize("prompt", OPEN_PROMPTS.values(), ids=OPEN_PROMPTS)
def test_a_prompt_that_ends_in_an_open_body_is_completed(
    prompt: str, answer: str, sandbox: Sandbox
) -> None:
    program = "assert zero([2.5]) == twice(2) and math.pi > 3\n"
    spec = replace(polynomial(program), code_prompt=prompt)
    check = checked_by(program, setup=prompt)
    assert verdict(sandbox, replace(spec, check=check), answer) is Verdict.PASS
    wrong = "def zero(values):\n    return 5\ntwice = lambda x: 5\n"
    assert verdict(sandbox, replace(spec, check=check), wrong) is Verdict.FAIL


def test_so_is_one_that_ends_in_a_method(sandbox: Sandbox) -> None:
    prompt = f"{OPEN}class Box:\n\tdef size(self):\n\t\treturn 1\n\n\tdef zero(self):\n"
    program = "assert Box().zero() == twice(1)\n"
    check = checked_by(program, setup=prompt)
    spec = function_task(check, "Box", code_prompt=prompt)
    assert verdict(sandbox, spec, "\t\treturn twice(self.size())\n") is Verdict.PASS
    assert verdict(sandbox, spec, "\t\treturn self\n") is Verdict.FAIL
