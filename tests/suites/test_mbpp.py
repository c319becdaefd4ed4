from __future__ import annotations

import re

import pytest

from apps.benchmarks.domain import specs
from apps.benchmarks.domain.imports import parse_mbpp
from apps.benchmarks.domain.specs import Verdict
from apps.benchmarks.gateways.sandbox import detect_sandbox
from apps.benchmarks.pipelines.grading import grade_code_sync
from apps.core.errors import InvalidInputError
from tests.suites.published import MBPP, MBPP_RECORDS, array

SHARED, HYPOTENUSE = MBPP_RECORDS


def changed(**fields: object) -> bytes:
    return array([SHARED, {**HYPOTENUSE, **fields}])


def without(name: str) -> bytes:
    kept = {key: value for key, value in HYPOTENUSE.items() if key != name}
    return array([SHARED, kept])


# The second element begins on line 13 of the indented file.
SECOND = r"line 13 \(element 1\): "
MALFORMED = [
    (b"", "line 1: expected a JSON array"),
    (b"\n\n{}", "line 3: expected a JSON array"),
    (b"[\n]", "line 2: the array holds no record"),
    (b"[1]", r"line 1 \(element 0\): expected a JSON object, not a number"),
    (MBPP[:-1], "line 25: expected ',' or ']'"),
    (MBPP + b"\n,", "line 26: more follows the array"),
    (MBPP.replace(b"  },", b"  }"), "line 13: expected ',' or ']'"),
    (MBPP.replace(b'"task_id": 3', b'"task_id" 3'), "line 15: not valid JSON: "),
    (MBPP.replace(b'"task_id": 3', b'"task_id": ]'), "line 15: not valid JSON: "),
    (b'[{"a": Infinity}]', r"line 1 \(element 0\): .* Infinity is not JSON"),
    (b"[" * 100_000, r"line 1 \(element 0\): not valid JSON: nested too deeply"),
    (array([SHARED, HYPOTENUSE, SHARED]), r".*2 stands on line 2 \(element 0\) too"),
    (without("task_id"), f"{SECOND}field 'task_id' is missing"),
    (without("prompt"), f"{SECOND}field 'prompt' is missing"),
    (without("code"), f"{SECOND}field 'code' is missing"),
    (without("test_list"), f"{SECOND}field 'test_list' is missing"),
    (without("test_imports"), f"{SECOND}field 'test_imports' is missing"),
    (changed(task_id=1.5), f"{SECOND}field 'task_id' must be text or an integer"),
    (changed(code="def f(:"), f"{SECOND}code does not parse: "),
    (changed(test_list="assert 1"), f"{SECOND}field 'test_list' must be a list"),
    (changed(test_list=[1]), f"{SECOND}field 'test_list' must hold texts"),
    (changed(test_list=["assert ("]), f"{SECOND}test_list does not parse: "),
    (changed(test_list=[]), f"{SECOND}test_list holds no assertion"),
    (changed(test_list=["square(1)"]), f"{SECOND}test_list holds no assertion"),
    (changed(test_list=["assert cube(1) == 1"]), f"{SECOND}no assertion calls"),
    (changed(test_imports=["import"]), f"{SECOND}test_imports does not parse: "),
]


@pytest.mark.parametrize(("content", "message"), MALFORMED)
def test_a_malformed_file_is_refused_with_line_and_reason(
    content: bytes, message: str
) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        parse_mbpp(content)
    assert re.match(message, str(refusal.value))
    assert "\n" not in str(refusal.value)


def test_integer_ids_become_text() -> None:
    assert [spec.task_id for spec in parse_mbpp(MBPP)] == ["2", "3"]


def test_the_entry_point_is_the_function_that_the_assertions_test() -> None:
    assert [spec.entry_point for spec in parse_mbpp(MBPP)] == ["shared", "hypotenuse"]


def test_a_helper_among_the_arguments_is_not_the_entry_point() -> None:
    tests = ["assert hypotenuse(square(2), square(0)) == 4.0"]
    assert parse_mbpp(changed(test_list=tests))[1].entry_point == "hypotenuse"


def test_helpers_that_the_assertions_use_are_set_up_for_them() -> None:
    tests = ["assert hypotenuse(square(2), square(0)) == 4.0"]
    spec = parse_mbpp(changed(test_list=tests))[1]
    assert isinstance(spec.check, specs.TestProgramCheck)
    assert spec.check.setup == "import math\ndef square(x):\n    return x * x"


def test_the_prompt_shows_the_name_and_the_first_assertion_only() -> None:
    prompt = parse_mbpp(MBPP)[0].prompt
    assert "what two tuples share" in prompt
    assert "`shared`" in prompt
    assert "assert set(shared((3, 4), (5, 4))) == set((4,))" in prompt
    assert "(1,)" not in prompt


def test_a_lambda_may_be_the_entry_point() -> None:
    tests = ["assert twice(2) == 4"]
    content = changed(code="twice = lambda n: 2 * n\n", test_list=tests)
    assert parse_mbpp(content)[1].broken == (
        "def twice(*args, **kwargs):\n    return None\n",
    )


@pytest.mark.parametrize("place", [0, 1])
def test_in_the_jail_the_reference_passes_and_the_stub_fails(place: int) -> None:
    spec = parse_mbpp(MBPP)[place]
    sandbox = detect_sandbox()
    verdicts = [
        grade_code_sync(spec, code, sandbox=sandbox).verdict
        for code in (spec.reference, *spec.broken)
    ]
    assert verdicts == [Verdict.PASS, Verdict.FAIL]
