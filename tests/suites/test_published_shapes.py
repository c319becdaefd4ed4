"""Records in the very shape that HumanEvalPack and sanitized MBPP were published in.

HumanEvalPack's fifteen fields, of which a Python record leaves `import` and
`test_setup` empty; prompts that begin with blank lines; tests whose `check` takes its
parameter by the entry point's name and is called on the last line, which has no end.
Sanitized MBPP's six fields, the whole array on one line; code without a last line end,
with tabs and Windows line ends; entry points called `check` or `test_…`.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from apps.benchmarks.domain.imports import parse_humaneval, parse_mbpp
from apps.benchmarks.domain.specs import TaskSpec, Verdict
from apps.benchmarks.gateways.sandbox import detect_sandbox
from apps.benchmarks.pipelines.grading import grade_code_sync
from tests.suites.published import lines

PACK_SIZE, MBPP_SIZE = 164, 427  # as published


def pack_record(number: int = 0, **fields: object) -> dict[str, object]:
    declaration = (
        "import math\nfrom typing import List\n\n\n"
        'def scale(values: List[float], by: float):\n    """\n    A helper.\n    """\n'
        "    return [value * by for value in values]\n\n\n"
        "def spread(values: List[float]) -> float:\n"
    )
    doc = "    Widest gap between two neighbours.\n    >>> spread([1.0, 4.0])\n    3.0"
    return {
        "task_id": f"Python/{number}",
        "prompt": f'\n\n{declaration}    """\n{doc}\n    """\n',
        "declaration": declaration,
        "canonical_solution": (
            "    gaps = [abs(b - a) for a, b in zip(values, values[1:])]\n"
            "    return max(gaps, default=0.0)\n"
        ),
        "buggy_solution": (
            "    gaps = [b - a for a, b in zip(values, values[1:])]\n"
            "    return max(gaps, default=0.0)\n"
        ),
        "bug_type": "missing logic",
        "failure_symptoms": "incorrect output",
        "entry_point": "spread",
        "import": "",
        "test_setup": "",
        "test": (
            "\n\nMETADATA = {}\n\n\ndef check(spread):\n    import copy\n"
            "    from random import randint\n\n"
            "    assert spread([4.0, 1.0, 2.0]) == 3.0\n    assert spread([]) == 0.0\n"
            "    for _ in range(9):\n        a = randint(1, 99)\n"
            "        pair = scale([0.0, 1.0], a)\n"
            "        assert math.isclose(spread(copy.deepcopy(pair)), a)\n\n"
            "check(spread)"
        ),
        "example_test": (
            "def check(spread):\n    assert spread([1.0, 4.0]) == 3.0\ncheck(spread)\n"
        ),
        "signature": "spread(values: List[float]) -> float",
        "docstring": doc,
        "instruction": (
            "Write a Python function `spread(values: List[float]) -> float`"
            f" to solve the following problem:\n{doc}"
        ),
        **fields,
    }


CODES: dict[str, dict[str, Any]] = {
    "tabs": {
        "code": "LEAST = 3\ndef helper(n): \n\treturn n * LEAST \ndef thrice(n): \n"
        "\tif n:\n\t\treturn helper(n) \n\treturn 0 ",
        "test_list": ["assert thrice(2)==6", "assert thrice(0)==(0)"],
    },
    "Windows line ends": {
        "code": "import bisect as bs\r\ndef place(rows, n):\r\n  at = bs.bisect(rows,"
        " n)\r\n  return at",
        "test_list": ["assert place( [1, 3, 5],4)==2", "assert place([],1) == (0)"],
    },
    "an entry point called check": {
        "code": "def flip(text):    \n    return text[::-1]  \n"
        "def check(text):    \n    return flip(text) != text  ",
        "test_list": ["assert check('aba') == False", "assert check('ab') == True"],
    },
    "an entry point called like a test": {
        "code": "def test_same(items):\n    return len(set(items)) < len(items)     ",
        "test_list": ["assert test_same(([1,2]))==False", "assert test_same([1,1])"],
    },
    "names of built-ins and a semicolon": {
        "code": "def turns(str): \n    list = str + str; n = len(str)\n"
        "    return list.index(str, 1)",
        "test_list": ['assert turns("aaaa") == 1', 'assert turns("ab") == 2'],
    },
    "a set, an import and a tolerance": {
        "code": 'import re\ndef dates(text):\n  return (re.findall(r"\\b\\d{4}\\b",'
        " text))",
        "test_imports": ["import math", "import re"],
        "test_list": [
            "assert set(dates('from 1999 to 2001')) == set(['2001', '1999'])",
            "assert math.isclose(len(dates('1066')), 1, rel_tol=0.001)",
        ],
    },
}  # fmt: skip


def mbpp_record(number: int, shape: dict[str, Any]) -> dict[str, object]:
    return {
        "source_file": "Questions V2.ipynb",
        "task_id": number,
        "prompt": "Write a function to do what its tests say.",
        "code": shape["code"],
        "test_imports": shape.get("test_imports", []),
        "test_list": shape["test_list"],
    }


def verdicts(spec: TaskSpec) -> list[Verdict]:
    sandbox = detect_sandbox()
    codes = (spec.reference, *spec.broken)
    return [grade_code_sync(spec, code, sandbox=sandbox).verdict for code in codes]


def test_a_pack_of_the_published_size_is_read_whole() -> None:
    tasks = parse_humaneval(lines(*map(pack_record, range(PACK_SIZE))))
    assert [task.task_id for task in tasks] == [f"Python/{n}" for n in range(164)]


def test_the_bug_stands_under_the_declaration_and_is_not_shown() -> None:
    record = pack_record()
    (task,) = parse_humaneval(lines(record))
    assert task.broken == (f"{record['declaration']}{record['buggy_solution']}",)
    assert task.code_prompt == record["prompt"]
    assert str(record["buggy_solution"]) not in task.prompt
    assert verdicts(task) == [Verdict.PASS, Verdict.FAIL]


@pytest.mark.parametrize("code", ["declaration", "prompt"])
def test_an_answer_may_be_whole_or_continue(code: str) -> None:
    record = pack_record()
    (task,) = parse_humaneval(lines(record))
    whole = f"{record[code]}{record['canonical_solution']}"
    for answer in (whole, str(record["canonical_solution"])):
        outcome = grade_code_sync(task, answer, sandbox=detect_sandbox())
        assert outcome.verdict is Verdict.PASS, outcome


def test_a_declaration_may_stand_in_for_the_prompt() -> None:
    record = pack_record()
    (task,) = parse_humaneval(lines({**record, "prompt": record["declaration"]}))
    assert verdicts(task) == [Verdict.PASS, Verdict.FAIL]


@pytest.mark.parametrize("shape", CODES.values(), ids=CODES)
def test_a_problem_of_a_published_shape_is_graded(shape: dict[str, Any]) -> None:
    content = json.dumps([mbpp_record(2, shape)]).encode()
    (task,) = parse_mbpp(content)
    assert verdicts(task) == [Verdict.PASS, Verdict.FAIL]


def test_an_array_of_the_published_size_on_one_line_is_read_whole() -> None:
    shapes = list(CODES.values()) * 80
    records = [mbpp_record(n, shapes[n]) for n in range(MBPP_SIZE)]
    tasks = parse_mbpp(json.dumps(records).encode())
    assert [task.task_id for task in tasks] == [str(n) for n in range(427)]
