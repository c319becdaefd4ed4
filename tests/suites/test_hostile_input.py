"""What the commands say to files and names that were made to break them."""

from __future__ import annotations

import gzip
import json
import os
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from apps.benchmarks.domain.imports import parse_humaneval
from apps.benchmarks.models import SuiteVersion
from tests.engine.cast import make_model, make_suite
from tests.suites.published import HALVES, HUMANEVAL, MBPP_RECORDS, array, lines
from tests.suites.test_verify_command import store

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db

DEEP = 100_000
LONGEST_REASON = 400  # of a path that pytest made, and what is wrong


def refusal(*arguments: str) -> str:
    """Return the one line that a command refuses its input with."""
    out, err = StringIO(), StringIO()
    with pytest.raises(CommandError) as refused:
        call_command("benchmarks", *arguments, stdout=out, stderr=err)
    assert refused.value.returncode == 2
    assert (out.getvalue(), err.getvalue()) == ("", "")
    message = str(refused.value)
    assert message.isprintable()
    assert len(message) < LONGEST_REASON
    return message


def refused_file(folder: Path, content: bytes, *command: str) -> str:
    """Return what is wrong with a file, without its name."""
    path = folder / "hostile"
    path.write_bytes(content)
    versions = SuiteVersion.objects.count()
    message = refusal(*[str(path) if word == "FILE" else word for word in command])
    assert SuiteVersion.objects.count() == versions
    return message.removeprefix(str(path)).lstrip(":, ")


HUMANEVAL_DOOR = ("import", "FILE", "--format", "humaneval", "--suite", "new")
MBPP_DOOR = ("import", "FILE", "--format", "mbpp", "--suite", "new")
ANSWERS_DOOR = ("verify", "--suite", "he", "--answers", "FILE")
RANK_DOOR = ("rank", "FILE")

NESTED = {
    "parentheses": "(" * DEEP + "1" + ")" * DEEP,
    "unary operators": "-" * DEEP + "1",
    "a few hundred unary operators": "-" * 600 + "1",
    "a chain of attributes": "a" + ".b" * 600,
    "a chain of operators": "+".join(["1"] * 5000),
    "lambdas": "lambda: " * 5000 + "1",
}


@pytest.mark.parametrize("code", NESTED.values(), ids=NESTED)
def test_code_that_is_nested_too_deeply_is_refused_with_its_line(
    code: str, tmp_path: Path
) -> None:
    places = {
        "test": f"def check(f):\n    assert f({code})\n",
        "prompt": f"def halves(numbers={code}):\n    '''Halve.'''\n",
        "canonical_solution": f"    return {code}\n",
        "buggy_solution": f"    return {code}\n",
    }
    for field, text in places.items():
        content = HUMANEVAL + lines({**HALVES, "task_id": "HumanEval/2", field: text})
        message = refused_file(tmp_path, content, *HUMANEVAL_DOOR)
        assert message.startswith("line 3: "), message
        assert "does not parse: " in message


@pytest.mark.parametrize("code", NESTED.values(), ids=NESTED)
def test_so_is_code_in_an_array_with_its_element(code: str, tmp_path: Path) -> None:
    helper = f"def half(): return {code}\n"
    places: dict[str, object] = {
        "test_list": [f"assert hypotenuse(half(), {code})"],
        "code": f"{helper}def hypotenuse(a, b={code}): return 1\n",
        "test_imports": [f"import math; {code}"],
    }
    for field, value in places.items():
        content = array([MBPP_RECORDS[0], {**MBPP_RECORDS[1], field: value}])
        message = refused_file(tmp_path, content, *MBPP_DOOR)
        assert message.startswith("line 13 (element 1): "), message
        assert "does not parse: " in message


DAMAGED = {
    "NUL bytes": b"\0" * 100,
    "binary": bytes(range(256)) * 50,
    "UTF-16": HUMANEVAL.decode().encode("utf-16"),
    "a cut gzip": gzip.compress(HUMANEVAL)[:-20],
    "a gzip that was changed": gzip.compress(HUMANEVAL)[:-8] + bytes(8),
    "a gzip with a tail": gzip.compress(HUMANEVAL) + b"tail",
    "the mark of a gzip": b"\x1f\x8b",
    "deep JSON": b"[" * DEEP + b"]" * DEEP,
    "a deep field": b'{"id":' + b"[" * DEEP + b"]" * DEEP + b"}",
    "a long key that stands twice": b'{"%b":1,"%b":1}' % ((b"k" * 9999,) * 2),
    "a key that is no text": b'{"\\ud800":1,"\\ud800":2}',
    "a long field": b"item,model,score\n" + b"x" * 200_000 + b",a,1\n",
    "no end of a line": b"x" * (2 << 20),
    "a number without end": b'{"id":' + b"1" * 5000 + b"}",
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_refused_at_every_door(
    content: bytes, tmp_path: Path
) -> None:
    store(parse_humaneval(HUMANEVAL))
    for door in (HUMANEVAL_DOOR, MBPP_DOOR, ANSWERS_DOOR, RANK_DOOR):
        assert refused_file(tmp_path, content, *door)


@pytest.mark.parametrize("path", ["no\0name", "no\ud800name", "", "/", "/none/x"])
def test_a_path_that_leads_nowhere_is_refused_at_every_door(path: str) -> None:
    store(parse_humaneval(HUMANEVAL))
    for door in (HUMANEVAL_DOOR, MBPP_DOOR, ANSWERS_DOOR, RANK_DOOR):
        out = StringIO()
        with pytest.raises(CommandError) as refused:
            call_command(
                "benchmarks", *[path if w == "FILE" else w for w in door], stdout=out
            )
        assert (refused.value.returncode, out.getvalue()) == (2, "")


def test_a_device_without_end_is_not_read_to_its_end() -> None:
    expected = "/dev/zero, line 1: more than 1048576 bytes in a line"
    assert refusal("rank", "/dev/zero") == expected


def test_a_table_has_no_more_columns_than_can_be_looked_at(tmp_path: Path) -> None:
    head = b"item,model,score," + b",".join(b"c%d" % n for n in range(100_000))
    message = refused_file(tmp_path, head + b"\n", *RANK_DOOR)
    assert message == "line 1: 100003 columns, more than 1000"


def test_ignored_columns_do_not_steer_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(b"item,model,score,\x1b[31mred\na,b,1,2\n")
    err = StringIO()
    call_command("benchmarks", "rank", str(path), stdout=StringIO(), stderr=err)
    assert err.getvalue() == "ignored columns: \ufffd[31mred\n"


def test_a_file_name_that_is_no_text_is_imported_all_the_same(tmp_path: Path) -> None:
    path = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.jsonl")
    with open(path, "wb") as file:  # noqa: PTH123 - a name that Path takes too
        file.write(HUMANEVAL)
    out = StringIO()
    door = ("import", path, "--format", "humaneval", "--suite", "he", "--json")
    call_command("benchmarks", *door, stdout=out)
    assert json.loads(out.getvalue())["tasks"] == 2


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "", "%", "../x"])
def test_a_suite_that_cannot_be_is_not_there(name: str) -> None:
    for command in (("verify",), ("run", "--models", "fake/m")):
        with pytest.raises(CommandError) as refused:
            call_command("benchmarks", command[0], f"--suite={name}", *command[1:])
        assert refused.value.returncode == 2


@pytest.mark.parametrize(
    "option",
    [
        *(f"--max-cost={cost}" for cost in ("NaN", "sNaN", "Infinity", "-1", "1e9999")),
        *(f"--max-cost={cost}" for cost in ("1e-9999", "9" * 60, "0." + "1" * 60)),
        *(f"--limit={limit}" for limit in ("0", "-1", "9" * 10, "9" * 30)),
        *(f"--epochs={epochs}" for epochs in ("0", "-1", "9" * 10, "9" * 30)),
    ],
)
def test_a_number_that_no_run_can_have_is_refused(option: str) -> None:
    make_suite(2)
    make_model("http://127.0.0.1:9/v1")
    assert refusal("run", "--suite=numbers", "--models=fake/m", option)


@pytest.mark.parametrize(
    "run_id", ["", "\0", "\ud800", "x" * 100, "0" * 32, "\u0660" * 32]
)
def test_a_run_that_cannot_be_is_refused(run_id: str) -> None:
    assert refusal("report", run_id)
    if run_id:
        assert refusal("run", f"--resume={run_id}")
