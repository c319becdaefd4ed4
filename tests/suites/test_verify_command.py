from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from apps.benchmarks.domain.imports import parse_humaneval, parse_mbpp
from apps.benchmarks.services.suites import store_suite_version
from tests.suites.published import HUMANEVAL, MBPP, SOLUTION

if TYPE_CHECKING:
    from pathlib import Path

    from apps.benchmarks.domain.specs import TaskSpec

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
WHOLE = "def halves(numbers):\n    return [halve(n) for n in numbers]\n"


def store(specs: tuple[TaskSpec, ...], slug: str = "he") -> None:
    store_suite_version(slug=slug, title=slug, specs=specs, now=NOW)


@pytest.fixture
def humaneval() -> None:
    store(parse_humaneval(HUMANEVAL))


def verify(*options: str, suite: str = "he", status: int = 0) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    try:
        call_command(
            "benchmarks", "verify", "--suite", suite, *options, stdout=out, stderr=err
        )
        ended: Any = 0
    except SystemExit as exit_:
        ended = exit_.code
    assert ended == status
    return out.getvalue(), err.getvalue()


def answers(folder: Path, *records: object) -> str:
    path = folder / "answers.jsonl"
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    return str(path)


@pytest.mark.usefixtures("humaneval")
def test_references_pass_and_broken_answers_fail() -> None:
    out, _ = verify("--json")
    document = json.loads(out)
    verdicts = {r["id"]: (r["task_id"], r["verdict"]) for r in document["results"]}
    assert verdicts == {
        "HumanEval/0:reference": ("HumanEval/0", "pass"),
        "HumanEval/0:broken-1": ("HumanEval/0", "fail"),
        "HumanEval/1:reference": ("HumanEval/1", "pass"),
        "HumanEval/1:broken-1": ("HumanEval/1", "fail"),
    }
    assert list(document) == ["results", "passed", "failed", "unscored"]
    assert [document[k] for k in ("passed", "failed", "unscored")] == [2, 2, 0]


@pytest.mark.usefixtures("humaneval")
def test_without_json_the_counts_are_printed_and_progress_goes_aside() -> None:
    out, err = verify()
    assert out == "2 references passed, 2 broken answers failed, 0 unscored\n"
    assert err.splitlines()[-1] == "graded 4 of 4"


def test_a_reference_that_fails_and_a_broken_answer_that_passes_are_told() -> None:
    good, other = parse_humaneval(HUMANEVAL)
    store((replace(good, reference=good.broken[0], broken=(good.reference,)), other))
    out, err = verify("--json", status=1)
    document = json.loads(out)
    assert [document[k] for k in ("passed", "failed", "unscored")] == [1, 1, 0]
    assert "HumanEval/0:reference: must pass, is fail: " in err
    assert "HumanEval/0:broken-1: must fail, is pass" in err


@pytest.mark.usefixtures("humaneval")
def test_answers_are_graded_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = answers(
        tmp_path,
        {"id": "loops", "task_id": "HumanEval/0", "code": "def halves(n): return []"},
        {"id": "continues", "base_task": "HumanEval/0", "code": SOLUTION},
        {"id": 3, "task_id": "HumanEval/0", "code": WHOLE, "note": "ignored"},
        {"id": "lies", "task_id": "HumanEval/1", "code": "import os\nos._exit(0)\n"},
        {"id": "empty", "task_id": "HumanEval/1", "code": ""},
    )
    document = json.loads(verify("--answers", path, "--json")[0])
    assert [(r["id"], r["verdict"]) for r in document["results"]] == [
        ("loops", "fail"),
        ("continues", "pass"),
        (3, "pass"),
        ("lies", "fail"),
        ("empty", "fail"),
    ]
    assert [document[k] for k in ("passed", "failed", "unscored")] == [2, 3, 0]


@pytest.mark.usefixtures("humaneval")
def test_a_result_has_exactly_the_promised_keys(tmp_path: Path) -> None:
    record = {"id": "a", "task_id": "HumanEval/0", "code": SOLUTION}
    (result,) = json.loads(verify("--answers", answers(tmp_path, record), "--json")[0])[
        "results"
    ]
    assert set(result) == {"id", "task_id", "verdict", "reason", "ms"}
    assert (result["task_id"], result["reason"]) == ("HumanEval/0", "")
    assert result["ms"] > 0


def test_integer_task_ids_of_mbpp_are_accepted(tmp_path: Path) -> None:
    store(parse_mbpp(MBPP), "mbpp")
    code = "def shared(a, b): return tuple(x for x in a if x in b)"
    path = answers(tmp_path, {"id": "a", "task_id": 2, "code": code})
    out, _ = verify("--answers", path, suite="mbpp")
    assert out == "pass      a\n1 passed, 0 failed, 0 unscored\n"


@pytest.mark.usefixtures("humaneval")
def test_a_task_id_that_names_a_variant_gives_way_to_its_base_task(
    tmp_path: Path,
) -> None:
    record = {"task_id": "variant/7", "base_task": "HumanEval/0"}
    path = answers(tmp_path, {"id": "a", "code": SOLUTION, **record})
    out, _ = verify("--answers", path, "--json")
    assert json.loads(out)["results"][0]["task_id"] == "HumanEval/0"


GOOD = {"id": "good", "task_id": "HumanEval/0", "code": "x"}
BAD = [
    ("{", "not valid JSON"),
    ("[]", "expected a JSON object, not a list"),
    (json.dumps({**GOOD, "id": "good"}), "id 'good' stands on line 1 too"),
    (json.dumps({"task_id": "HumanEval/0", "code": ""}), "field 'id' is missing"),
    (json.dumps({**GOOD, "id": None}), "field 'id' must be text or an integer"),
    (json.dumps({"id": "b", "code": ""}), "field 'task_id' or 'base_task' is missing"),
    (json.dumps({"id": "b", "task_id": "HumanEval/0"}), "field 'code' is missing"),
    (json.dumps({**GOOD, "id": "b", "code": 1}), "field 'code' must be text"),
    (json.dumps({**GOOD, "id": "b", "task_id": "X/9"}), "task 'X/9' is not in the"),
    (
        json.dumps({**GOOD, "id": "b", "base_task": "HumanEval/1"}),
        "it names two tasks, 'HumanEval/0' and 'HumanEval/1'",
    ),
]


@pytest.mark.usefixtures("humaneval")
@pytest.mark.parametrize(("line", "reason"), BAD)
def test_a_bad_line_is_refused_before_anything_is_graded(
    tmp_path: Path, line: str, reason: str
) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_text(f"{json.dumps(GOOD)}\n{line}\n")
    assert refused("--answers", str(path)).startswith(f"{path}: line 2: {reason}")


def refused(*options: str, suite: str = "he") -> str:
    out, err = StringIO(), StringIO()
    command = ("benchmarks", "verify", "--suite", suite, *options)
    with pytest.raises(CommandError) as refusal:
        call_command(*command, stdout=out, stderr=err)
    assert refusal.value.returncode == 2
    assert (out.getvalue(), err.getvalue()) == ("", "")
    return str(refusal.value)


def test_an_unknown_suite_is_refused() -> None:
    assert refused(suite="nowhere") == "There is no suite 'nowhere'."


@pytest.mark.usefixtures("humaneval")
def test_a_missing_or_an_empty_answers_file_is_refused(tmp_path: Path) -> None:
    missing, empty = tmp_path / "missing.jsonl", tmp_path / "empty.jsonl"
    empty.touch()
    assert refused("--answers", str(missing)).endswith(": No such file or directory")
    assert refused("--answers", str(empty)).endswith(": the file holds no record")


@pytest.mark.usefixtures("humaneval")
def test_a_packed_answers_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps({**GOOD, "code": SOLUTION}).encode()))
    assert verify("--answers", str(path))[0].startswith("pass      good\n")


@pytest.mark.usefixtures("humaneval")
def test_without_a_sandbox_everything_is_unscored_and_nothing_runs(
    settings: Any,
) -> None:
    settings.SANDBOX_TIER = "none"
    out, err = verify("--json", status=1)
    document = json.loads(out)
    assert [document[k] for k in ("passed", "failed", "unscored")] == [0, 0, 4]
    assert "HumanEval/0:reference: must pass, is unscored: " in err
