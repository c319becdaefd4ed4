from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from apps.benchmarks.domain.specs import Verdict
from apps.benchmarks.pipelines.grading import grade_code_sync
from tests.grading.cast import checked_by, function_task

if TYPE_CHECKING:
    from apps.benchmarks.domain.specs import GradeOutcome
    from apps.benchmarks.gateways.sandbox import Sandbox


def grade(
    sandbox: Sandbox, code: str, program: str, *, setup: str = "", name: str = "f"
) -> GradeOutcome:
    spec = function_task(checked_by(program, setup=setup), name, seconds=1.0)
    return grade_code_sync(spec, code, sandbox=sandbox)


ECHO = "def f(*values):\n    return values[0] if len(values) == 1 else values"

HOLDS = {
    "exact types": (
        ECHO,
        (
            "for v in (None, True, 1, 1.0, 1j, 'a', b'a', [1], (1,), {1},"
            " frozenset({1}), {1: (2,)}, range(3), bytearray(b'x'), 10**999,"
            " '\\ud800', int, ValueError):\n"
            "    assert f(v) == v and type(f(v)) is type(v)\n"
            "x = f(float('nan'))\nassert x != x\nassert str(f(-0.0)) == '-0.0'"
        ),
    ),
    "standard values": (
        ECHO,
        (
            "import datetime, decimal, fractions, collections\n"
            "for v in (decimal.Decimal('1.5'), fractions.Fraction(1, 3),"
            " datetime.date(2024, 1, 1), datetime.timedelta(1), collections.deque([1]),"
            " datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)):\n"
            "    assert f(v) == v and type(f(v)) is type(v)"
        ),
    ),
    "a plain function": (
        ECHO,
        (
            "import inspect\nassert callable(f) and inspect.isfunction(f)\n"
            "assert f.__name__ == 'f' and f(1, 2) == (1, 2)\n"
            "assert list(map(f, [1])) == [1]"
        ),
    ),
    "copies of arguments": (
        "def f(items):\n    items.append(1)\n    return items",
        "mine = []\nassert f(mine) == [1] and mine == []",
    ),
    "an exception's class and arguments": (
        "def f(x):\n    raise KeyError('k', x)",
        (
            "try:\n    f(2)\n    assert False\nexcept KeyError as e:\n"
            "    assert e.args == ('k', 2)\nelse:\n    assert False"
        ),
    ),
    "an own exception's nearest base": (
        "class Own(ValueError):\n    pass\ndef f(x):\n    raise Own('bad')",
        (
            "try:\n    f(2)\nexcept ValueError as e:\n    assert str(e) == 'bad'\n"
            "else:\n    assert False"
        ),
    ),
    "an exception with other arguments": (
        "def f(x):\n    return b'\\xff'.decode()",
        (
            "try:\n    f(2)\nexcept UnicodeDecodeError as e:\n    assert e.start == 0\n"
            "else:\n    assert False"
        ),
    ),
    "a one-shot iterator": (
        "def f(n):\n    yield from range(n)",
        (
            "it = f(100)\nassert list(it) == list(range(100)) and list(it) == []\n"
            "it = f(3)\nassert next(it) == 0 and next(it) == 1 and sum(it) == 2\n"
            "assert set(f(2)) == {0, 1} and sorted(f(3), reverse=True) == [2, 1, 0]"
        ),
    ),
    "an endless iterator that is left": (
        "import itertools\ndef f():\n    return itertools.count()",
        "import itertools\nassert list(itertools.islice(f(), 300)) == list(range(300))",
    ),
    "an iterator taken no further than asked": (
        "def f():\n    yield 6\n    yield 28\n    while True:\n        pass",
        "it = f()\nassert (next(it), next(it)) == (6, 28)",
    ),
    "an iterator that raises in its turn": (
        "def f():\n    yield from range(200)\n    raise LookupError",
        (
            "seen = []\ntry:\n    for x in f():\n        seen.append(x)\n"
            "except LookupError:\n    assert seen == list(range(200))\n"
            "else:\n    assert False"
        ),
    ),
    "views and other iterables": (
        "def f(d):\n    return d.values()",
        (
            "assert list(f({1: 2})) == [2] and len(f({1: 2, 3: 4})) == 2\n"
            "assert sorted(f({1: 3, 2: 2})) == [2, 3] and 3 in f({1: 3})"
        ),
    ),
    "a returned function": (
        "def f(n):\n    return lambda x: x * n",
        "assert f(3)(4) == 12 and callable(f(3))",
    ),
    "truth and identity of an object": (
        (
            "class O:\n    def __init__(s, n):\n        s.n = n\n"
            "    def __bool__(s):\n        return s.n > 0\n"
            "one, two = O(1), O(0)\ndef f(n):\n    return one if n else two"
        ),
        (
            "assert f(1) and not f(0)\nassert f(1) is f(1) and f(1) is not f(0)\n"
            "assert f(1) == f(1) and len({f(1), f(1), f(0)}) == 2"
        ),
    ),
    "an object that comes home": (
        "def f(x):\n    return x",
        "mine = object()\nassert f(mine) is mine and f([mine])[0] is mine",
    ),
    "the answer's object given back": (
        (
            "class O:\n    v = 7\nkept = O()\ndef f(x=None):\n"
            "    return kept if x is None else (x is kept, x.v)"
        ),
        "assert f(f()) == (True, 7)",
    ),
    "the entry point given to itself": (
        "def f(g, x=None):\n    return g(5) if callable(g) else g + 1",
        "assert f(f) == 6",
    ),
    "seeded randomness": (
        "import random\ndef f():\n    return random.random()",
        (
            "import random\nassert f() == random.Random(20240229).random()\n"
            "assert random.random() == random.Random(20240229).random()"
        ),
    ),
}


@pytest.mark.parametrize(("code", "program"), HOLDS.values(), ids=HOLDS)
def test_the_proxy_is_as_good_as_the_answer(
    code: str, program: str, sandbox: Sandbox
) -> None:
    outcome = grade(sandbox, code, program)

    assert outcome.verdict is Verdict.PASS, outcome


BLOCK = "def check(candidate):\n    assert candidate(1) == 1\n"
CALLED = {
    "by the grader": (BLOCK, "def check(candidate):\n    assert candidate(1) == 2\n"),
    "by itself": (
        BLOCK + "    calls.append(1)\ncalls = []\ncheck(f)\nassert calls == [1]",
        "def check(candidate):\n    assert candidate(1) == 2\ncheck(f)",
    ),
    "in a main block": (
        BLOCK + "if __name__ == '__main__':\n    check(f)",
        BLOCK + "if __name__ == '__main__':\n    check(lambda x: f(x) + 1)",
    ),
    "never, when there is none": ("assert f(1) == 1", "assert f(1) == 2"),
    "by a runner of tests": (
        (
            "import unittest\nclass T(unittest.TestCase):\n    def test(self):\n"
            "        self.assertEqual(f(1), 1)\nunittest.main(argv=['t'])"
        ),
        (
            "import unittest\nclass T(unittest.TestCase):\n    def test(self):\n"
            "        self.assertEqual(f(1), 2)\nunittest.main(argv=['t'])"
        ),
    ),
}


@pytest.mark.parametrize(("right", "wrong"), CALLED.values(), ids=CALLED)
def test_check_is_called_once_however_the_program_is_written(
    right: str, wrong: str, namespaces: Sandbox
) -> None:
    verdicts = [grade(namespaces, ECHO, program).verdict for program in (right, wrong)]

    assert verdicts == [Verdict.PASS, Verdict.FAIL]


def test_an_entry_point_may_itself_be_called_check(namespaces: Sandbox) -> None:
    code = "def check(n):\n    return n == 73"
    program = "assert check(70) == False\nassert check(73) == True"

    outcome = grade(namespaces, code, program, name="check")

    assert outcome.verdict is Verdict.PASS, outcome


def test_helpers_of_the_prompt_are_the_tests_own(namespaces: Sandbox) -> None:
    setup = "def poly(x):\n    return x * x - 4\ndef f():\n    '''Find a zero.'''\n"
    program = "def check(candidate):\n    assert abs(poly(candidate())) < 1e-4"
    cheat = "def poly(x):\n    return 0\ndef f():\n    return 99"

    right = grade(namespaces, "def f():\n    return 2", program, setup=setup)
    wrong = grade(namespaces, cheat, program, setup=setup)

    assert (right.verdict, wrong.verdict) == (Verdict.PASS, Verdict.FAIL)


def test_a_helper_class_may_be_the_answers(sandbox: Sandbox) -> None:
    code = (
        "class Pair:\n    def __init__(self, a, b):\n        self.a, self.b = a, b\n"
        "def f(pairs):\n    return sum(p.b - p.a for p in pairs)"
    )
    program = "assert f([Pair(1, 2), Pair(3, 5)]) == 3\nassert Pair(1, 2).a == 1"

    assert grade(sandbox, code, program).verdict is Verdict.PASS
    lacking = grade(sandbox, "def f(pairs):\n    return 3", program)
    assert (lacking.verdict, lacking.reason) == (
        Verdict.FAIL,
        "NameError at line 1 of the test program over what it returned",
    )


PAIR = "class Pair:\n    def __init__(self, a, b):\n        self.a, self.b = a, b\n"
SUM = "def f(pairs):\n    return sum(p.b - p.a for p in pairs)\n"


def test_an_object_of_the_tests_own_class_goes_by_its_attributes(
    sandbox: Sandbox,
) -> None:
    program = "assert f([Pair(1, 2), Pair(3, Pair(1, 5).b)]) == 3"

    bare = grade(sandbox, SUM, program, setup=PAIR)
    own = grade(sandbox, PAIR + SUM, program, setup=PAIR)
    wrong = grade(sandbox, SUM + "f = lambda p: 0", program, setup=PAIR)

    assert bare.verdict is own.verdict is Verdict.PASS, (bare, own)
    assert wrong.verdict is Verdict.FAIL


def test_an_object_that_holds_itself_is_no_argument(namespaces: Sandbox) -> None:
    program = "p = Pair(1, 2)\np.a = p\nf([Pair(1, 2)])\nf([p])"

    outcome = grade(namespaces, SUM, program, setup=PAIR)

    assert outcome.verdict is Verdict.FAIL
    assert outcome.reason.startswith("WireError at line 4"), outcome


COUNTER = """
class Counter:
    step = 1
    def __init__(self, start=0):
        self.value = start
    def add(self, n=1):
        self.value += n * self.step
        return self
    def __len__(self):
        return self.value
    def __getitem__(self, key):
        return [self.value][key]
    def __contains__(self, n):
        return n == self.value
    def __iter__(self):
        return iter(range(self.value))
    def __str__(self):
        return f"<{self.value}>"
    def __enter__(self):
        return self
    def __exit__(self, *details):
        self.value = 0
"""


def test_a_class_is_used_through_its_proxy(sandbox: Sandbox) -> None:
    setup = "class Counter:\n    '''Counts.'''\n"
    program = (
        "c = Counter(2)\nassert c.add().add(3) is c and c.value == 6 and len(c) == 6\n"
        "c.value = 3\nassert list(c) == [0, 1, 2] and c[0] == 3 and 3 in c\n"
        "assert str(c) == '<3>' and 4 not in c\nwith c as d:\n    assert d is c\n"
        "assert c.value == 0\n"
        "try:\n    c.nothing\nexcept AttributeError:\n    pass\nelse:\n    assert False"
    )

    outcome = grade(sandbox, COUNTER, program, setup=setup, name="Counter")

    assert outcome.verdict is Verdict.PASS, outcome


def test_methods_of_a_functions_result_are_out_of_reach(sandbox: Sandbox) -> None:
    cheat = (
        "class f:\n    def __init__(self, x):\n        pass\n"
        "    def startswith(self, x):\n        return True\n"
        "    def __contains__(self, x):\n        return True\n"
        "    def __getitem__(self, x):\n        return x\n"
    )
    programs = ["assert f('ab').startswith('a')", "assert 'a' in f('ab')"]

    verdicts = [
        grade(sandbox, cheat, p, setup="def f(x):\n    ''").verdict for p in programs
    ]

    assert verdicts == [Verdict.FAIL, Verdict.FAIL]


DEFECTS = {
    "does not parse": "assert f(1) ==",
    "imports what is not there": "import nothing_of_that_name\nassert f(1) == 1",
    "fails before it calls": "assert 1 == 2\nassert f(1) == 1",
    "never calls": "assert True",
    "never ends before it calls": "import os\nos._exit(0)",
}


@pytest.mark.parametrize("program", DEFECTS.values(), ids=DEFECTS)
def test_a_defect_of_the_program_is_not_the_answers(
    program: str, namespaces: Sandbox
) -> None:
    outcome = grade(namespaces, ECHO, program)

    assert outcome.verdict is Verdict.UNSCORED, outcome
    assert outcome.reason.startswith("the test program")


BLAMED = {
    "a wrong value": ("return 0", "the assertion at line 2 of the test program does"),
    "an exception": (
        "raise OSError",
        "it raised OSError at line 2 of the test program",
    ),
    "a value of no use": (
        "return None",
        "TypeError at line 2 of the test program over",
    ),
    "an exit": ("exit(0)", "it raised SystemExit at line 2 of the test program"),
    "no time": ("while True: pass", "it ran out of time"),
}


@pytest.mark.parametrize(("body", "reason"), BLAMED.values(), ids=BLAMED)
def test_a_failure_names_the_line_and_not_what_was_expected(
    body: str, reason: str, namespaces: Sandbox
) -> None:
    program = "def check(candidate):\n    assert candidate(1) + 1 == 2, 'secret'\n"

    outcome = grade(namespaces, f"def f(x):\n    {body}", program)

    assert outcome.verdict is Verdict.FAIL
    assert outcome.reason.startswith(reason), outcome
    assert "secret" not in outcome.reason


def test_the_answer_and_the_tests_cannot_see_each_other(sandbox: Sandbox) -> None:
    look = (
        "import gc, sys\ndef look(word):\n    seen = [o for o in gc.get_objects()"
        " if isinstance(o, (list, tuple, dict))]\n"
        "    parts = [p for o in seen for p in"
        " (o.values() if isinstance(o, dict) else o) if isinstance(p, str)]\n"
        "    return any(word in p for p in parts if p != word)\n"
    )
    code = look + "MARK = 'only the answer knows'\ndef f(word):\n    return look(word)"
    program = (
        look + "note = 'only the tests know'\nassert not f('the tests' + ' know')\n"
        "assert f('the answer' + ' knows') and look('the tests' + ' know')\n"
        "assert not look('the answer' + ' knows')"
    )

    outcome = grade(sandbox, code, program)

    assert outcome.verdict is Verdict.PASS, outcome
