from __future__ import annotations

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def ladder(tmp_path: Path) -> Path:
    rows = [
        f"i{item},{model},{int(item < passed)}"
        for model, passed in {"worst": 2, "best": 26, "middle": 15}.items()
        for item in range(30)
    ]
    path = tmp_path / "ladder.csv"
    path.write_text("\n".join(["item,model,score", *rows]))
    return path


def rank(*arguments: str) -> tuple[str, str]:
    stdout, stderr = StringIO(), StringIO()
    call_command("benchmarks", "rank", *arguments, stdout=stdout, stderr=stderr)
    return stdout.getvalue(), stderr.getvalue()


def manage(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run a process that could not reach a server if it tried."""
    nowhere = {"DATABASE_URL": "postgresql://127.0.0.1:9/none"}
    return subprocess.run(
        [sys.executable, "manage.py", "benchmarks", *arguments],
        cwd=REPOSITORY,
        env={**os.environ, **nowhere},
        input=stdin,
        capture_output=True,
        check=False,
    )


def test_json_is_the_comparison_and_nothing_else(ladder: Path) -> None:
    stdout, stderr = rank(str(ladder), "--json")
    document: dict[str, Any] = json.loads(stdout)
    assert stderr == ""
    models = document["models"]
    assert [(m["model"], m["n"], m["rank_low"], m["rank_high"]) for m in models] == [
        ("best", 30, 1, 1),
        ("middle", 30, 2, 2),
        ("worst", 30, 3, 3),
    ]
    assert models[0]["ci_low"] < models[0]["mean"] == 26 / 30 < models[0]["ci_high"]
    assert [(p["a"], p["b"], p["test"]) for p in document["pairs"]] == [
        ("best", "middle", "mcnemar"),
        ("best", "worst", "mcnemar"),
        ("middle", "worst", "mcnemar"),
    ]
    assert document["pairs"][0]["p"] == pytest.approx(2 * 0.5**11)
    assert document["mode"] == "paired"


def test_the_table_shows_ranges_intervals_and_pairs(ladder: Path) -> None:
    stdout, _ = rank(str(ladder))
    lines = stdout.splitlines()
    assert lines[0].split("  ")[0] == "rank"
    assert lines[1].split()[:3] == ["1", "best", "0.8667"]
    assert "best - middle" in stdout
    assert "yes (mcnemar)" in stdout


def test_the_interval_mode_says_so(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    rows = [f"{i},a,{int(i < 60)}\n{i},b,{int(i < 50)}" for i in range(100)]
    table.write_text("\n".join(["item,model,score", *rows]))
    paired, _ = rank(str(table))
    by_intervals, _ = rank(str(table), "--mode", "interval")
    assert paired.splitlines()[1].startswith("1 ")
    assert by_intervals.splitlines()[1].startswith("1-2 ")
    assert "LMArena" in by_intervals


def test_many_pairs_are_left_to_json(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    rows = [f"{i},m{m},{(i + m) % 2}" for i in range(9) for m in range(7)]
    table.write_text("\n".join(["item,model,score", *rows]))
    assert "--json lists every pair" in rank(str(table))[0]
    assert len(json.loads(rank(str(table), "--json")[0])["pairs"]) == 21


def test_a_column_that_was_ignored_is_named_on_stderr(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("item,model,score,clusters\nx,a,1,u\n")
    stdout, stderr = rank(str(table), "--json")
    assert stderr.strip() == "ignored columns: clusters"
    assert json.loads(stdout)["models"][0]["model"] == "a"


def test_a_name_cannot_steer_the_terminal(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("item,model,score\nx,\x1b[31mred,1\n")
    assert "\x1b" not in rank(str(table))[0]


def test_bad_input_is_refused_with_line_and_reason(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("item,model,score\nx,a,high\n")
    with pytest.raises(CommandError, match=r"t\.csv, line 2: score 'high'") as caught:
        rank(str(table))
    assert caught.value.returncode == 2


@pytest.mark.parametrize("name", ["missing.csv", "."])
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(
        CommandError, match=r": (No such file|Is a directory)"
    ) as caught:
        rank(str(tmp_path / name))
    assert caught.value.returncode == 2


def test_standard_input_is_read_without_any_server(ladder: Path) -> None:
    done = manage("rank", "-", "--json", stdin=ladder.read_bytes())
    assert (done.returncode, done.stderr) == (0, b"")
    assert len(json.loads(done.stdout)["models"]) == 3


def test_bad_input_is_exit_status_2_and_one_line_on_stderr() -> None:
    done = manage("rank", "-", stdin=b"item,model,score\nx,a,1\nx,a,1\n")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode() == (
        "CommandError: standard input, line 3: "
        "item 'x' of model 'a' already stands on line 2\n"
    )
