"""`manage.py predictions import`: all of a file or nothing."""

from __future__ import annotations

import io
import json
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from apps.predictions.models import Experiment, Prediction
from apps.predictions.selectors.audit import audit_chains
from tests.markets.make import make_market
from tests.predictions.make import make_experiment

if TYPE_CHECKING:
    from pathlib import Path

    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db
HEADER = "market,outcome,probability,reference\n"


@pytest.fixture(autouse=True)
def market(db: None) -> None:
    make_market("rain", external_id="0xrain", quoted_at=timezone.now())


def bring(path: Path | str, *words: str) -> tuple[str, str]:
    stdout, stderr = StringIO(), StringIO()
    call = ("predictions", "import", str(path), *words)
    call_command(*call, stdout=stdout, stderr=stderr)
    return stdout.getvalue(), stderr.getvalue()


def refused(path: Path, *words: str) -> str:
    """Import, and return what is said; nothing may be stored."""
    with pytest.raises(CommandError) as caught:
        bring(path, *words)
    assert caught.value.returncode == 2
    assert Prediction.objects.count() == 0
    return str(caught.value)


def write(tmp_path: Path, *rows: str) -> Path:
    path = tmp_path / "mine.csv"
    path.write_text(HEADER + "".join(f"{row}\n" for row in rows))
    return path


def rows(count: int) -> list[str]:
    return [f"polymarket:0xrain,Yes,0.{n % 9}5,r{n}" for n in range(count)]


def test_a_file_is_recorded_in_its_order(tmp_path: Path) -> None:
    made = make_experiment("gut")
    stdout, stderr = bring(
        write(tmp_path, *rows(2500)), "--experiment", "gut", "--json"
    )
    assert json.loads(stdout) == {
        "experiment_id": str(made.pk),
        "experiment": "gut",
        "predictions": 2500,
        "recorded": 2500,
        "repeated": 0,
    }
    assert stderr == ""
    found = Prediction.objects.order_by("sequence").values_list("reference", flat=True)
    assert list(found) == [f"r{n}" for n in range(2500)]
    assert next(audit_chains()).broken is None


def test_a_file_that_is_imported_again_changes_nothing(tmp_path: Path) -> None:
    make_experiment("gut")
    path = write(tmp_path, *rows(3))
    bring(path, "--experiment", "gut")
    path = write(tmp_path, *rows(5))
    assert bring(path, "--experiment", "gut")[0] == (
        "Recorded 2 of 5 predictions in gut; 3 had been recorded before.\n"
    )
    assert Prediction.objects.count() == 5


def test_every_fault_is_named_by_its_line_and_nothing_is_recorded(
    tmp_path: Path,
) -> None:
    make_experiment("gut")
    good = rows(1100)
    good[3] = "polymarket:0xrain,Yes,75,"
    good[7] = "polymarket:0xrain,Yes,x,"
    good[9] = "polymarket:0xrain,Yes,0.5,r2"
    good[1090] = "nowhere,Yes,0.5,"
    assert refused(write(tmp_path, *good), "--experiment", "gut") == (
        f"{tmp_path}/mine.csv: line 5: probability: 75 is not between 0 and 1; if it is"
        " a percentage, write 0.75; line 9: probability: 'x' is no number; line 11:"
        " reference: line 4 has the same; line 1092: market: no market 'nowhere' is"
        " known here"
    )


def test_of_many_faults_the_first_are_named_and_the_others_counted(
    tmp_path: Path,
) -> None:
    make_experiment("gut")
    said = refused(write(tmp_path, *["m,0,7,"] * 30), "--experiment", "gut")
    assert said.count("line ") == 20
    assert said.endswith("; and 40 more")


@pytest.mark.parametrize("lines", [["m,0,7,"], []])
def test_a_refused_file_begins_no_experiment(tmp_path: Path, lines: list[str]) -> None:
    refused(write(tmp_path, *lines), "--experiment", "gut", "--begin")
    assert not Experiment.objects.exists()


def test_another_content_under_a_reference_takes_the_whole_file_back(
    tmp_path: Path,
) -> None:
    make_experiment("gut")
    bring(write(tmp_path, *rows(1)), "--experiment", "gut")
    changed = write(tmp_path, *rows(3)[1:], "polymarket:0xrain,No,0.5,r0")
    with pytest.raises(CommandError, match="'r0' is recorded with another outcome"):
        bring(changed, "--experiment", "gut")
    assert Prediction.objects.count() == 1


def test_json_lines_come_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    line = {"market": "polymarket:0xrain", "outcome": 1, "probability": 0.25}
    given = io.TextIOWrapper(io.BytesIO(json.dumps(line).encode()))
    monkeypatch.setattr("sys.stdin", given)
    words = ("--experiment", "new", "--begin", "--format", "jsonl")
    assert bring("-", *words)[0] == "Recorded 1 of 1 prediction in new.\n"
    assert Experiment.objects.get().kind == "submitted"


def test_an_experiment_of_a_workspace_is_named_with_it(
    tmp_path: Path, cast: Cast
) -> None:
    own = make_experiment("gut", workspace=cast.workspace)
    path = write(tmp_path, *rows(1))
    assert refused(path, "--experiment", "gut") == (
        "There is no experiment 'gut'. `--begin` begins it."
    )
    bring(path, "--experiment", "gut", "--workspace", str(cast.workspace.pk))
    assert Prediction.objects.get().experiment_id == own.pk


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--experiment", "model"], "The experiment model is model, and this is for"),
        (["--experiment", "gut", "--workspace", "x"], "'x' is no workspace: give its"),
        (
            ["--experiment", "gut", "--workspace", "0" * 32],
            "There is no workspace 00000000-0000-0000-0000-000000000000.",
        ),
        (["--experiment", "a b", "--begin"], "name: Enter a valid"),
    ],
)
def test_an_experiment_that_cannot_be_filled_is_refused(
    tmp_path: Path, words: list[str], said: str
) -> None:
    make_experiment("model", kind="model")
    assert refused(write(tmp_path, *rows(1)), *words).startswith(said)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("missing.csv", ": No such file"),
        ("mine.xlsx", "--format: say whether"),
        (".", "--format: say whether"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(
    tmp_path: Path, name: str, said: str
) -> None:
    assert said in refused(tmp_path / name, "--experiment", "gut")


def test_a_file_without_predictions_is_refused(tmp_path: Path) -> None:
    make_experiment("gut")
    said = refused(write(tmp_path), "--experiment", "gut")
    assert said.endswith("mine.csv: it holds no prediction.")
