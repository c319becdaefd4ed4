from __future__ import annotations

import json
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from tests.predictions.make import make_experiment
from tests.predictions.scored import look, make_markets, predict_all

if TYPE_CHECKING:
    from apps.predictions.models import Experiment

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    stdout = StringIO()
    call_command("predictions", *arguments, stdout=stdout)
    return stdout.getvalue()


@pytest.fixture
def pair() -> tuple[Experiment, Experiment]:
    markets = make_markets(4)
    first, second = make_experiment("first"), make_experiment("second")
    values = [1.0, 1.0, 0.0, None]
    made = predict_all(first, markets, [0.9, 0.8, 0.3, 0.8], values)
    look(made[3], 0.7)
    predict_all(second, markets, [0.6, 0.7, 0.5, 0.5], values)
    return first, second


def test_the_report_as_json_holds_every_figure(
    pair: tuple[Experiment, Experiment],
) -> None:
    document = json.loads(run("report", "--experiment-id", str(pair[0].pk), "--json"))
    assert document["experiment"]["name"] == "first"
    assert document["nature"] == "live"
    report = document["report"]
    assert set(report) == {
        "counts",
        "is_provisional",
        "skill_so_far",
        "interim_skill",
        "copies",
        "settled",
        "direction",
        "direction_reason",
        "convergence",
        "time_to_convergence",
        "profit",
        "top",
        "poor",
    }
    assert report["counts"]["settled"] == 3
    assert report["settled"]["brier"]["value"] == pytest.approx(0.14 / 3)


def test_the_report_as_text_says_what_is_provisional(
    pair: tuple[Experiment, Experiment],
) -> None:
    lines = run("report", "--experiment-id", str(pair[0].pk)).splitlines()
    assert lines[0] == "first, live markets"
    assert lines[1].startswith("4 predictions of 4 events: 3 settled, 0 without")
    since = "public since 2026-11-24 12:30 UTC"
    assert lines[2] == f"{since}; 0 predictions published afterwards"
    assert lines[3] == "0 attempts, 0 refused, cost unknown"
    assert any(line.startswith("skill so far (provisional)") for line in lines)
    assert any("quarter-kelly" in line for line in lines)
    assert "  \n" not in "\n".join(lines)


def test_the_report_of_another_nature_is_empty(
    pair: tuple[Experiment, Experiment],
) -> None:
    wanted = ("--experiment-id", str(pair[0].pk), "--nature", "simulated")
    document = json.loads(run("report", *wanted, "--json"))
    assert document["report"]["counts"]["predictions"] == 0
    assert document["natures"] == ["live"]
    said = "first has no prediction on simulated markets; it has some on: live.\n"
    assert run("report", *wanted) == said


def test_the_report_of_nothing_is_a_line() -> None:
    make_experiment("empty")
    said = run("report", "--experiment-id", "empty")
    assert said == "empty has no prediction yet.\n"


def test_two_experiments_are_compared_with_what_would_tell_them_apart(
    pair: tuple[Experiment, Experiment],
) -> None:
    command = ("compare", "--experiment-id", str(pair[0].pk), "--with", str(pair[1].pk))
    document = json.loads(run(*command, "--json"))
    settled = document["settled"]
    differences = [0.16 - 0.01, 0.09 - 0.04, 0.25 - 0.09]
    assert settled["difference"] == pytest.approx(sum(differences) / 3)
    assert (settled["markets"], settled["events"]) == (3, 3)
    assert settled["markets_needed"] == 5
    text = run(*command)
    assert text.startswith("first less second on live markets")
    assert "four times in five" in text


def test_an_operators_experiment_is_found_by_its_name(
    pair: tuple[Experiment, Experiment],
) -> None:
    first, second = pair
    by_name = run("compare", "--experiment-id", first.name, "--with", second.name)
    assert by_name == run(
        "compare", "--experiment-id", str(first.pk), "--with", str(second.pk)
    )


@pytest.mark.parametrize("name", ["report", "compare"])
def test_what_is_no_experiment_is_one_line(name: str) -> None:
    others = ("--with", "x") if name == "compare" else ()
    with pytest.raises(CommandError) as caught:
        run(name, "--experiment-id", "first", *others)
    assert caught.value.returncode == 2
    assert str(caught.value) == (
        "There is no experiment 'first'. "
        "`manage.py predictions experiments` lists ids and names."
    )
