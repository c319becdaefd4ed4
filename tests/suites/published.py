"""Small files in the published formats, written for these tests."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PROMPT = '''\
from typing import List


def halve(number: int) -> int:
    """A helper that the tests use as well."""
    return number // 2


def halves(numbers: List[int]) -> List[int]:
    """ Return every number halved, rounded down.
    >>> halves([4, 7])
    [2, 3]
    """
'''
SOLUTION = "    return [halve(number) for number in numbers]\n"
TEST = """\


METADATA = {"author": "tests"}


def check(candidate):
    assert candidate([4, 7]) == [2, 3]
    assert candidate([]) == []
    assert candidate([9]) == [halve(9)]
"""

HALVES = {
    "task_id": "HumanEval/0",
    "prompt": PROMPT,
    "canonical_solution": SOLUTION,
    "test": TEST,
    "entry_point": "halves",
}
NEAR = {
    "task_id": "HumanEval/1",
    "prompt": 'def near(a: float, b: float) -> bool:\n    """ Less than 1 apart? """\n',
    "canonical_solution": "    return abs(a - b) < 1\n",
    "test": "def check(near):\n    assert near(1.5, 2.0)\n    assert not near(1, 2)\n"
    "\n\ncheck(near)\n",
    "entry_point": "near",
    "declaration": "def near(a: float, b: float) -> bool:\n",
    "buggy_solution": "    return a - b < 1\n",
    "bug_type": "missing logic",
}
MBPP_RECORDS = [
    {
        "source_file": "tests",
        "task_id": 2,
        "prompt": "Write a function to find what two tuples share.",
        "code": "def shared(a, b):\n  return tuple(set(a) & set(b))\n",
        "test_imports": [],
        "test_list": [
            "assert set(shared((3, 4), (5, 4))) == set((4,))",
            "assert set(shared((1,), (2,))) == set()",
        ],
    },
    {
        "source_file": "tests",
        "task_id": 3,
        "prompt": "Write a function to find the length of a hypotenuse.",
        "code": "import math\r\n\r\ndef square(x):\r\n    return x * x\r\n\r\n"
        "def hypotenuse(a, b):\r\n    return math.sqrt(square(a) + square(b))\r\n",
        "test_imports": ["import math"],
        "test_list": ["assert math.isclose(hypotenuse(3, 4), 5.0, rel_tol=0.001)"],
    },
]


def lines(*records: Mapping[str, object]) -> bytes:
    """Write records as JSON lines."""
    return "".join(f"{json.dumps(record)}\n" for record in records).encode()


def array(records: Iterable[Mapping[str, object]]) -> bytes:
    """Write records as one indented JSON array."""
    return json.dumps(list(records), indent=2).encode()


HUMANEVAL = lines(HALVES, NEAR)
MBPP = array(MBPP_RECORDS)
