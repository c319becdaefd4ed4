from __future__ import annotations

import ast
import gzip
import json
import re

import pytest

from apps.benchmarks.domain import specs
from apps.benchmarks.domain.imports import parse_humaneval
from apps.benchmarks.domain.specs import TaskSpec, Verdict
from apps.benchmarks.gateways.sandbox import detect_sandbox
from apps.benchmarks.pipelines.grading import grade_code_sync
from apps.core.errors import InvalidInputError
from tests.suites.published import HALVES, HUMANEVAL, NEAR, PROMPT, SOLUTION, lines

MEBIBYTE_OF_ZEROS = gzip.compress(bytes(1024 * 1024))


def changed(**fields: object) -> bytes:
    """A good line, a blank one, and on line 3 a record with other fields."""
    return lines(NEAR) + b"\n" + lines({**HALVES, **fields})


def without(name: str) -> bytes:
    kept = {key: value for key, value in HALVES.items() if key != name}
    return lines(NEAR) + b"\n" + lines(kept)


MALFORMED = [
    (b"", "line 1: the file holds no record"),
    (b"\n \n", "line 1: the file holds no record"),
    (b"\xff\xfe", "line 1: not UTF-8"),
    (HUMANEVAL + b'{"task_id": "\xe9"}', "line 3: not UTF-8"),
    (HUMANEVAL[:-20], "line 2: not valid JSON: "),
    (HUMANEVAL + b"[]", "line 3: expected a JSON object, not a list"),
    (HUMANEVAL + b"null", "line 3: expected a JSON object, not null"),
    (HUMANEVAL + b"[" * 100_000, "line 3: not valid JSON: nested too deeply"),
    (b'{"task_id": 1, "task_id": 2}', "line 1: .* key 'task_id' stands twice"),
    (b'{"task_id": NaN}', "line 1: .* NaN is not JSON"),
    (b'{"task_id": ' + b"9" * 5000 + b"}", "line 1: not valid JSON: "),
    (HUMANEVAL + lines(HALVES), "line 3: .* 'HumanEval/0' stands on line 1 too"),
    (without("task_id"), "line 3: field 'task_id' is missing"),
    (without("prompt"), "line 3: field 'prompt' is missing"),
    (without("canonical_solution"), "line 3: field 'canonical_solution' is missing"),
    (without("test"), "line 3: field 'test' is missing"),
    (without("entry_point"), "line 3: field 'entry_point' is missing"),
    (changed(task_id=True), "line 3: .* text or an integer, not true or false"),
    (changed(task_id="a\nb"), "line 3: field 'task_id' must be 1 to 200 printable"),
    (changed(task_id="x" * 201), "line 3: field 'task_id' must be 1 to 200 printable"),
    (changed(prompt=7), "line 3: field 'prompt' must be text, not a number"),
    (changed(prompt=" \n"), "line 3: field 'prompt' is empty"),
    (changed(test=["a"]), "line 3: field 'test' must be text, not a list"),
    (changed(test=None), "line 3: field 'test' must be text, not null"),
    (changed(test="def check("), r"line 3: test does not parse: .* \(its line 1\)"),
    (changed(test="x = 1"), "line 3: test has neither a function 'check' nor"),
    (changed(test="\x00"), "line 3: test does not parse: "),
    (changed(test="'\ud800'"), "line 3: test does not parse: "),
    (changed(canonical_solution="    return ("), "line 3: prompt with canonical_sol"),
    (changed(entry_point="thirds"), "line 3: .* not define the entry point 'thirds'"),
    (changed(entry_point="a b"), "line 3: entry_point 'a b' is not a Python name"),
    (changed(buggy_solution="  return ]"), "line 3: buggy_solution does not parse"),
    (changed(buggy_solution=3), "line 3: field 'buggy_solution' must be text"),
    (
        changed(
            prompt="# Halves.\n",
            canonical_solution="def halves(n): return n\n",
            buggy_solution="def other(n): return n\n",
        ),
        "line 3: buggy_solution does not define the entry point 'halves'",
    ),
    (gzip.compress(HUMANEVAL)[:-30], "the file is not valid gzip"),
    (b"\x1f\x8bnonsense", "the file is not valid gzip"),
    (MEBIBYTE_OF_ZEROS * 65, "the file holds more than 64 MiB"),
    (b" " * (64 * 1024 * 1024 + 1), "the file holds more than 64 MiB"),
]


@pytest.mark.parametrize(("content", "message"), MALFORMED)
def test_a_malformed_file_is_refused_with_line_and_reason(
    content: bytes, message: str
) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        parse_humaneval(content)
    assert re.match(message, str(refusal.value))
    assert "\n" not in str(refusal.value)


def test_tasks_keep_their_order_and_their_published_ids() -> None:
    assert [spec.task_id for spec in parse_humaneval(HUMANEVAL)] == [
        "HumanEval/0",
        "HumanEval/1",
    ]


def test_gzip_a_byte_order_mark_and_windows_line_ends_change_nothing() -> None:
    plain = parse_humaneval(HUMANEVAL)
    assert parse_humaneval(gzip.compress(HUMANEVAL)) == plain
    assert parse_humaneval(b"\xef\xbb\xbf" + HUMANEVAL) == plain
    assert parse_humaneval(HUMANEVAL.replace(b"\n", b"\r\n")) == plain


def test_a_line_separator_inside_a_text_does_not_end_the_line() -> None:
    record = {**HALVES, "prompt": PROMPT.replace("Return", "Give\u2028back")}
    content = json.dumps(record, ensure_ascii=False).encode()
    (spec,) = parse_humaneval(content)
    assert "Give\u2028back" in spec.code_prompt


def test_the_prompt_and_the_test_are_kept_as_they_were_published() -> None:
    spec = parse_humaneval(HUMANEVAL)[0]
    assert isinstance(spec.check, specs.TestProgramCheck)
    assert spec.code_prompt == spec.check.setup == PROMPT
    assert spec.check.program == HALVES["test"]
    assert spec.reference == PROMPT + SOLUTION
    assert PROMPT.strip() in spec.prompt


def test_a_prompt_that_ends_in_a_bare_signature_still_sets_up_the_test() -> None:
    record = {**NEAR, "prompt": "def near(a: float, b: float) -> bool:\n"}
    (spec,) = parse_humaneval(lines(record))
    assert isinstance(spec.check, specs.TestProgramCheck)
    assert spec.check.setup == f"{record['prompt']}    pass\n"


def test_the_published_buggy_solution_is_the_broken_answer() -> None:
    spec = parse_humaneval(HUMANEVAL)[1]
    assert spec.broken == (f"{NEAR['declaration']}{NEAR['buggy_solution']}",)


def test_a_declaration_of_something_else_gives_way_to_the_prompt() -> None:
    (spec,) = parse_humaneval(lines({**NEAR, "declaration": "def other():\n"}))
    assert spec.broken == (f"{NEAR['prompt']}{NEAR['buggy_solution']}",)


def test_without_one_a_stub_with_the_same_signature_is_broken() -> None:
    (broken,) = parse_humaneval(HUMANEVAL)[0].broken
    (stub,) = (n for n in ast.parse(broken).body if isinstance(n, ast.FunctionDef))
    assert stub.name == "halves"
    assert ast.unparse(stub.args) == "numbers: List[int]"
    assert [ast.unparse(line) for line in stub.body] == ["return None"]


def test_a_class_may_be_the_entry_point() -> None:
    prompt = "class Cup:\n    def size(self):\n        return 1\n\n\n"
    record = {**HALVES, "prompt": prompt, "canonical_solution": "FULL = 2\n"}
    test = "def check(candidate):\n    assert candidate().size() == 1\n"
    (spec,) = parse_humaneval(lines({**record, "entry_point": "Cup", "test": test}))
    assert verdicts(spec) == [Verdict.PASS, Verdict.FAIL]


@pytest.mark.parametrize("place", [0, 1])
def test_in_the_jail_the_reference_passes_and_the_broken_answer_fails(
    place: int,
) -> None:
    assert verdicts(parse_humaneval(HUMANEVAL)[place]) == [Verdict.PASS, Verdict.FAIL]


def verdicts(spec: TaskSpec) -> list[Verdict]:
    codes = (spec.reference, *spec.broken)
    sandbox = detect_sandbox()
    return [grade_code_sync(spec, code, sandbox=sandbox).verdict for code in codes]
