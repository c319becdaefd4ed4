from __future__ import annotations

import json
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from apps.core.errors import InvalidInputError
from apps.predictions.domain.score_file import ScoreFile, parse_score_file

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "id,probability,outcome"
TABLE = f"""{HEADER},market_price,event,confidence
a,0.7,1,0.6,x,80
b,0.2,0,0.3,,
c,0.9,0.5,0.6,y,10
d,0.4,1,0.5,x,20
"""


def score(path: Path, *arguments: str) -> tuple[str, str]:
    stdout, stderr = StringIO(), StringIO()
    command = ("predictions", "score", str(path), *arguments)
    call_command(*command, stdout=stdout, stderr=stderr)
    return stdout.getvalue(), stderr.getvalue()


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "own.csv"
    path.write_text(TABLE)
    return path


def parse(text: str) -> ScoreFile:
    lines = text.encode().splitlines(keepends=True)
    return parse_score_file(lines, "own.csv")


def test_json_is_every_score_and_nothing_else(table: Path) -> None:
    stdout, stderr = score(table, "--json")
    document: dict[str, Any] = json.loads(stdout)
    assert stderr == ""
    assert (document["predictions"], document["void"]) == (4, 1)
    scores = document["scores"]
    # a and d share the event x, which makes one number of them.
    brier = ((0.09 + 0.36) / 2 + 0.04) / 2
    assert scores["brier"]["value"] == pytest.approx(brier)
    assert (scores["brier"]["n"], scores["brier"]["events"]) == (3, 2)
    skill = ((0.07 - 0.11) / 2 + 0.05) / 2
    assert scores["skill"]["value"] == pytest.approx(skill)
    assert scores["confidence"]["value"] is None
    assert scores["confidence"]["reason"] == "2 pairs, fewer than 30"
    assert len(scores["bins"]) == 10


def test_text_says_n_and_why_a_figure_is_missing(table: Path) -> None:
    stdout, _ = score(table)
    lines = stdout.splitlines()
    assert lines[0] == "4 predictions, 1 without a winner"
    brier = next(line for line in lines if line.startswith("Brier score  "))
    assert brier.split()[2:] == ["0.1325", "0", "to", "1", "3", "2"]
    missing = next(line for line in lines if line.startswith("confidence and skill"))
    assert missing.endswith("2 pairs, fewer than 30")
    assert "over the close" not in stdout


@pytest.mark.parametrize(
    ("probability", "word", "said"),
    [
        ("0.8", "better", "better than the market (skill 0.206"),
        ("0.4", "worse", "worse than the market (skill -0.11"),
    ],
)
def test_a_verdict_says_who_is_better_and_with_which_p(
    tmp_path: Path, probability: str, word: str, said: str
) -> None:
    path = tmp_path / "own.csv"
    rows = [f"{n},{probability},1,{0.5 + n / 1000}" for n in range(9)]
    path.write_text("\n".join([f"{HEADER},market_price", *rows]))
    stdout, _ = score(path)
    assert stdout.splitlines()[1].startswith(f"Verdict: {said}")
    verdict = json.loads(score(path, "--json")[0])["verdict"]
    assert (verdict["word"], verdict["p"] < 0.001, verdict["reason"]) == (
        word,
        True,
        "",
    )


def test_what_could_be_chance_or_cannot_be_judged_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text(f"{HEADER},market_price\na,0.7,1,0.6\nb,0.4,0,0.3\n")
    assert "not told apart from the market: it could be chance" in score(path)[0]
    path.write_text(f"{HEADER}\na,0.7,1\nb,0.4,0\n")
    line = "Verdict: none, for no settled prediction has a market price."
    assert score(path)[0].splitlines()[1] == line


def test_without_a_market_price_only_what_needs_none_is_scored(tmp_path: Path) -> None:
    path = tmp_path / "plain.csv"
    path.write_text(f"{HEADER},note\na,0.7,1,x\nb,0.1,0,y\n")
    stdout, stderr = score(path, "--json")
    scores = json.loads(stdout)["scores"]
    assert scores["brier"]["value"] == pytest.approx(0.05)
    assert scores["skill"]["value"] is None
    assert scores["skill"]["reason"] == "no settled prediction has a market price"
    assert stderr == "ignored columns: note\n"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a,75,1", "line 3: probability '75' is not within 0-1: 75 % is 0.75"),
        ("a,-0.1,1", "line 3: probability '-0.1' is not within 0-1"),
        ("a,nan,1", "line 3: probability 'nan' is not a finite decimal number"),
        ("a,0.5,yes", "line 3: outcome 'yes' is not a finite decimal number"),
        ("a,0.5,", "line 3: outcome is empty"),
        ("a,0.5,2", "line 3: outcome '2' is not within 0-1: 1 came, 0 did not"),
        ("a,1e400,1", "line 3: probability '1e400' is not within 0-1"),
        ("a,50%,1", "line 3: probability '50%' is no number: write 0.5"),
        (
            'a,"0,5",1',
            "line 3: probability '0,5' is not a finite decimal number: write 0.5",
        ),
        (",0.5,1", "line 3: id is empty"),
        ("z,0.5,1", "line 3: id 'z' already stands on line 2"),
        ("a,0.5", "line 3: 2 fields where the header has 3"),
    ],
)
def test_a_bad_row_is_named_by_its_line(row: str, message: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse(f"{HEADER}\nz,0.4,1\n{row}\n")
    assert str(caught.value) == f"own.csv, {message}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,probability\na,0.5\n", "line 1: no column outcome"),
        (f"{HEADER}\n", "line 1: no predictions follow the header"),
        (f"{HEADER},confidence\na,0.5,1,0.8\n", "line 2: confidence 0.8 is a share"),
        (f"{HEADER},confidence\na,0.5,1,101\n", "line 2: confidence '101' is not"),
        (f"{HEADER},confidence\na,0.5,1,50 %\n", "no number: write 50$"),
        (f"{HEADER},market_price\na,0.5,1,60\n", "line 2: market_price '60' is not"),
    ],
)
def test_a_bad_table_is_refused_whole(text: str, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        parse(text)


def test_a_table_of_void_rows_has_no_scores() -> None:
    found = parse(f"{HEADER}\na,0.5,0.5\n")
    assert (found.predictions, found.void, len(found.resolved.values)) == (1, 1, 0)


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(CommandError) as caught:
        score(tmp_path / "none.csv")
    assert str(caught.value).endswith("none.csv: No such file or directory")
    assert caught.value.returncode == 2
