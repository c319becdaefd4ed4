"""Classes and objects that answer yes to everything, where the task is a class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from apps.benchmarks.domain.specs import CallsCheck, Step, Verdict
from apps.benchmarks.pipelines.grading import grade_code_sync
from tests.grading.cast import checked_by, function_task

if TYPE_CHECKING:
    from apps.benchmarks.gateways.sandbox import Sandbox

# Everything that an object can be asked, answered in its own favour.
YES = """
class Yes:
    def __init__(self, *values, **named):
        pass
    def __getattr__(self, name):
        return Yes()
    def __call__(self, *values, **named):
        return Yes()
    def __eq__(self, other):
        return True
    def __ne__(self, other):
        return False
    __lt__ = __le__ = __gt__ = __ge__ = __contains__ = __bool__ = lambda *v: True
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __getitem__ = __call__
    __iter__ = lambda self: iter([Yes()])
    __len__ = __hash__ = __int__ = __index__ = lambda self: 1
    __float__ = lambda self: 1.0
    __str__ = __repr__ = lambda self: "1"
    __instancecheck__ = __subclasscheck__ = lambda *v: True
"""
SUBCLASS = """
def everything(kind, *plain):
    wanted = {n: v for n, v in vars(Yes).items() if n not in HIDDEN}
    return type("Yes" + kind.__name__, (kind,), wanted)(*plain)
HIDDEN = ("__dict__", "__weakref__", "__init__", "__module__", "__doc__")
"""
SPOILT = (
    *("everything(int, 99)", "everything(str, 'x')", "everything(float, 0.5)"),
    *("everything(list, [9])", "everything(tuple, (9,))", "everything(dict, {9: 9})"),
    *("everything(set, {9})", "everything(bytes, b'x')", "everything(frozenset)"),
)
VALUES = {
    "an object": "Yes()",
    "a class": "Yes",
    **{f"one that claims to be {k}": f"claim({k})" for k in ("int", "bool", "list")},
    **{f"a subclass of {v[11:].split(',')[0].rstrip(')')}": v for v in SPOILT},
    "one whose class says that it is another": (
        "type('Meta', (type,), {'__eq__': lambda *v: True, '__hash__': lambda c: 1,"
        " '__instancecheck__': lambda *v: True, '__mro__': (int, object)})"
        "('Other', (Yes,), {})()"
    ),
}
CLAIM = "def claim(kind):\n    return type('C', (Yes,), {'__class__': kind})()\n"

STEPS = CallsCheck(
    (
        Step(args=(2,), compare=False),
        Step(target=".push", args=(5,), compare=False),
        Step(target=".size", expected=3),
        Step(target=".items", expected=[0, 1, 5]),
        Step(target=".has", args=(5,), expected=True),
        Step(target=".has", args=(7,), expected=False),
        Step(target=".name", expected="stack"),
        Step(target=".mean", expected=2.0, tolerance=0.5),
        Step(target=".fail", raises="LookupError"),
    )
)
PROGRAM = """
def check(candidate):
    c = candidate(2)
    c.push(5)
    assert c.size() == 3 and not c.size() != 3
    assert c.items() == [0, 1, 5]
    assert c.value == 2 and c.has(5) is True and c.has(7) is False
    assert c.name() in ("stack",)
    assert abs(c.mean() - 2.0) <= 0.5
"""
RIGHT = """
class Stack:
    def __init__(self, n):
        self.value, self._items = n, list(range(n))
    def push(self, item):
        self._items.append(item)
    def size(self):
        return len(self._items)
    def items(self):
        return self._items
    def has(self, item):
        return item in self._items
    def name(self):
        return "stack"
    def mean(self):
        return sum(self._items) / len(self._items)
    def fail(self):
        raise KeyError
"""


def liar(value: str) -> str:
    """Return a class each of whose methods and attributes is that value."""
    return (
        f"{YES}{SUBCLASS}{CLAIM}"
        "class Stack:\n    def __init__(self, n):\n        pass\n"
        "    def push(self, item):\n        pass\n"
        f"    def __getattr__(self, name):\n        return lambda *v: {value}\n"
        f"    value = {value}\n"
    )


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_no_step_holds_for_a_value_that_says_yes(value: str, sandbox: Sandbox) -> None:
    made, pushed, *compared = STEPS.steps
    for step in compared:
        spec = function_task(CallsCheck((made, pushed, step)), "Stack")
        outcome = grade_code_sync(spec, liar(value), sandbox=sandbox)
        assert outcome.verdict is Verdict.FAIL, (step, outcome)
        assert outcome.reason.startswith("in call 3 of 3: "), outcome


@pytest.mark.parametrize("line", PROGRAM.strip().splitlines()[3:])
@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_nor_does_an_assertion_of_a_test_program(
    value: str, line: str, namespaces: Sandbox
) -> None:
    program = "def check(candidate):\n    c = candidate(2)\n    c.push(5)\n" + line
    setup = "class Stack:\n    '''Holds things.'''\n"
    spec = function_task(checked_by(program, setup=setup), "Stack")
    outcome = grade_code_sync(spec, liar(value), sandbox=namespaces)
    assert outcome.verdict is Verdict.FAIL, outcome


@pytest.mark.parametrize("check", [STEPS, checked_by(PROGRAM, setup="class Stack: 0")])
def test_an_honest_class_passes_both_ways(check: CallsCheck, sandbox: Sandbox) -> None:
    spec = function_task(check, "Stack")
    outcome = grade_code_sync(spec, RIGHT, sandbox=sandbox)
    assert outcome.verdict is Verdict.PASS, outcome


def test_an_object_that_is_its_own_class_gains_nothing(sandbox: Sandbox) -> None:
    for code in (f"{YES}Stack = Yes", f"{YES}Stack = Yes()"):
        for check in (STEPS, checked_by(PROGRAM, setup="class Stack: 0")):
            spec = function_task(check, "Stack")
            outcome = grade_code_sync(spec, code, sandbox=sandbox)
            assert outcome.verdict is Verdict.FAIL, outcome
