from __future__ import annotations

import json
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from apps.benchmarks.models import Suite, SuiteVersion, Task
from apps.benchmarks.selectors.suites import SYSTEM, get_suite_version, get_tasks
from tests.suites.published import HALVES, HUMANEVAL, MBPP, NEAR, lines

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db


def run_import(path: Path, *options: str) -> str:
    out = StringIO()
    call_command("benchmarks", "import", str(path), *options, stdout=out)
    return out.getvalue()


def import_humaneval(folder: Path, content: bytes, suite: str = "he") -> str:
    path = folder / "humaneval.jsonl"
    path.write_bytes(content)
    return run_import(path, "--format", "humaneval", "--suite", suite)


def counts() -> tuple[int, int, int]:
    return (
        Suite.objects.count(),
        SuiteVersion.objects.count(),
        Task.objects.count(),
    )


def test_an_import_stores_the_tasks_under_their_published_ids(tmp_path: Path) -> None:
    assert import_humaneval(tmp_path, HUMANEVAL) == "Imported 2 tasks into suite he.\n"
    tasks = get_tasks(get_suite_version(SYSTEM, "he").id)
    assert [task.spec.task_id for task in tasks] == ["HumanEval/0", "HumanEval/1"]


def test_json_output_is_one_document(tmp_path: Path) -> None:
    path = tmp_path / "mbpp.json"
    path.write_bytes(MBPP)
    printed = run_import(path, "--format", "mbpp", "--suite", "mbpp", "--json")
    assert json.loads(printed) == {
        "suite": "mbpp",
        "version_id": str(get_suite_version(SYSTEM, "mbpp").id),
        "tasks": 2,
        "is_new": True,
        "is_newest": True,
    }


def test_the_same_content_again_changes_nothing_and_says_so(tmp_path: Path) -> None:
    import_humaneval(tmp_path, HUMANEVAL)
    before = counts()
    said = import_humaneval(tmp_path, HUMANEVAL)
    assert said == "Suite he already holds these 2 tasks: nothing changed.\n"
    assert counts() == before


def test_other_content_makes_a_new_version(tmp_path: Path) -> None:
    import_humaneval(tmp_path, HUMANEVAL)
    import_humaneval(tmp_path, lines(HALVES))
    version = get_suite_version(SYSTEM, "he")
    assert (version.number, version.tasks) == (2, 1)


def test_the_content_of_an_earlier_version_does_not_replace_the_newest(
    tmp_path: Path,
) -> None:
    import_humaneval(tmp_path, HUMANEVAL)
    import_humaneval(tmp_path, lines(HALVES))
    said = import_humaneval(tmp_path, HUMANEVAL)
    assert said.startswith("An earlier version of suite he already holds these 2 tasks")
    assert get_suite_version(SYSTEM, "he").number == 2


def refused(path: Path, *options: str) -> str:
    before = counts()
    out = StringIO()
    with pytest.raises(CommandError) as refusal:
        call_command("benchmarks", "import", str(path), *options, stdout=out)
    assert refusal.value.returncode == 2
    assert (out.getvalue(), counts()) == ("", before)
    assert "\n" not in str(refusal.value)
    return str(refusal.value)


def test_one_bad_line_refuses_the_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_bytes(HUMANEVAL + lines({**NEAR, "task_id": "HumanEval/2", "test": 5}))
    message = refused(path, "--format", "humaneval", "--suite", "he")
    assert message == f"{path}: line 3: field 'test' must be text, not a number"


def test_a_file_in_the_other_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "humaneval.jsonl"
    path.write_bytes(HUMANEVAL)
    message = refused(path, "--format", "mbpp", "--suite", "he")
    assert message == f"{path}: line 1: expected a JSON array, '['"


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    options = ("--format", "humaneval", "--suite", "he")
    missing = tmp_path / "none.jsonl"
    assert refused(missing, *options) == f"{missing}: No such file or directory"
    assert refused(tmp_path, *options) == f"{tmp_path}: Is a directory"


@pytest.mark.parametrize("name", ["", "a b", "x" * 101, "ä", "../up"])
def test_a_name_that_is_not_fit_for_a_suite_is_refused(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / "humaneval.jsonl"
    path.write_bytes(HUMANEVAL)
    message = refused(path, "--format", "humaneval", f"--suite={name}")
    assert "a name has 1 to 100 letters" in message


def test_nothing_is_imported_into_the_suite_that_is_drawn(tmp_path: Path) -> None:
    path = tmp_path / "humaneval.jsonl"
    path.write_bytes(HUMANEVAL)
    message = refused(path, "--format", "humaneval", "--suite", "starter")
    assert message == "suite 'starter' is drawn by seed; import into another one"


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    message = refused(tmp_path, "--format", "csv", "--suite", "he")
    assert "invalid choice: 'csv'" in message
