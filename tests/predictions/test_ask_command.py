"""`manage.py predictions ask`, on the simulated venue and a provider on loopback."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command

from apps.markets.domain.builtin import STAND_IN
from apps.markets.domain.simulation import Simulation
from apps.markets.models import Market
from apps.markets.services.readings import store_readings
from apps.markets.services.venues import ensure_venue
from apps.predictions.models import AskRun, Experiment, Prediction
from tests.catalog.own import give_key, make_provider
from tests.fakes.llm_server import FakeLLM
from tests.fakes.llm_wire import Reply
from tests.on_demand.cast import add_model, entitle
from tests.predictions.asking import clock, model_at, says

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def server() -> Iterator[FakeLLM]:
    with FakeLLM(reply=says(0.25)) as found:
        yield found


@pytest.fixture(autouse=True)
def simulation(db: None) -> None:
    """The markets of the simulation, as a first sync brings them."""
    now = clock()
    venue_id, _ = ensure_venue(STAND_IN, now=now)
    readings = list(Simulation().list_open(now))
    store_readings(venue_id=venue_id, readings=readings, now=now)


def ask(*options: str, status: int = 0) -> tuple[str, str]:
    stdout, stderr = io.StringIO(), io.StringIO()
    try:
        call_command("predictions", "ask", *options, stdout=stdout, stderr=stderr)
        left = 0
    except SystemExit as error:
        left = int(error.code or 0)
    assert left == status, stderr.getvalue()
    return stdout.getvalue(), stderr.getvalue()


def test_markets_are_asked_about_and_each_model_has_its_line(server: FakeLLM) -> None:
    models = [model_at(server, "m"), model_at(server, "n")]
    stdout, stderr = ask(
        *("--experiment", "trial", "--models", ",".join(models)),
        *("--query", "", "--venue", "simulation", "--limit", "3"),
    )
    assert stdout.splitlines() == [
        f"fake/{name} (trial-fake-{name}): 3 of 3 markets predicted, $0"
        for name in "mn"
    ]
    assert "completed: 6/6 done, 6 predictions, 6 questions, $0" in stderr
    assert Prediction.objects.count() == 6


def test_json_prints_one_document(server: FakeLLM) -> None:
    market = Market.objects.first()
    assert market is not None
    stdout, _ = ask(
        *("--experiment", "trial", "--models", model_at(server), "--json"),
        *("--markets", f"simulation:{market.external_id}", "--samples", "3"),
        *("--price", "shown"),
    )
    document = json.loads(stdout)
    assert (document["status"], document["market_price_shown"]) == ("completed", True)
    (result,) = document["results"]
    assert (result["recorded"], result["attempts"]["ok"], result["cost"]) == (1, 3, "0")
    assert Prediction.objects.get().market_price_shown is not None


def test_what_is_asked_for_a_workspace_is_seen_by_its_members_alone(
    server: FakeLLM, cast: Cast
) -> None:
    add_model(make_provider(base_url=server.base_url))
    options = (
        *("--experiment", "trial", "--models", "acme/m", "--query", ""),
        *("--limit", "1", "--workspace", str(cast.workspace.pk)),
    )
    with pytest.raises(CommandError, match="does not include runs on demand"):
        ask(*options)
    entitle(cast.workspace.pk)
    give_key(cast.workspace.pk)
    ask(*options)
    made = Experiment.objects.get()
    assert (made.workspace_id, made.published_at) == (cast.workspace.pk, None)
    assert Prediction.objects.get().experiment_id == made.pk


def test_what_cannot_be_used_is_told_with_a_reason(server: FakeLLM) -> None:
    server.reply = says(75)
    stdout, _ = ask(
        *("--experiment", "trial", "--models", model_at(server)),
        *("--query", "", "--limit", "1"),
    )
    first, second = stdout.splitlines()
    assert first.endswith("1 unanswered, answers without use: 3 out of range, $0")
    assert "such as: 0 of 1 samples can be used" in second


def test_an_asking_is_resumed_by_its_id(server: FakeLLM) -> None:
    server.reply = Reply(text=says(0.4).text, usage=(1000, 100))
    model = model_at(server, price="100")
    options = ("--experiment", "trial", "--models", model, "--query", "")
    _, stderr = ask(*options, "--limit", "4", "--max-cost", "0.06")
    run = AskRun.objects.get()
    assert "stopped: The cost limit of $0.060000 leaves no more room.\n" in stderr
    assert f"manage.py predictions ask --resume {run.pk}" in stderr
    stdout, _ = ask("--resume", str(run.pk), "--max-cost", "5")
    assert "4 of 4 markets predicted, $0.44" in stdout
    assert len(server.requests) == 4


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"--experiment": None}, "--experiment is missing."),
        ({"--models": None}, "--models is missing."),
        ({"--models": "fake/x"}, "No model is named 'fake/x'"),
        ({"--query": None}, "markets: name them, or words of a query"),
        ({"--query": None, "--models": "fake/x"}, "; markets: name them"),
        ({"--query": "unheard-of"}, "no open market with a usable price"),
        ({"--venue": "nowhere"}, "venue: No venue is named 'nowhere'"),
        ({"--limit": "0"}, "limit: use 1 to 1000"),
        ({"--samples": "0"}, "samples: use 1 to 25"),
        ({"--samples": "26"}, "samples: use 1 to 25"),
        ({"--max-cost": "much"}, "--max-cost is 'much'"),
        ({"--max-cost": "-1"}, "max_cost: use 0 to"),
        ({"--max-cost": "NaN"}, "max_cost: use 0 to"),
        ({"--prompt-version": "v9"}, "there is no 'v9'; there are v1, v2"),
        ({"--experiment": "e" * 41}, "experiment: use at most 40 letters"),
        ({"--experiment": "two words"}, "experiment: "),
        ({"--query": None, "--markets": "simulation:x"}, "no market 'simulation:x'"),
        ({"--workspace": "mine"}, "'mine' is no workspace: give its id."),
        ({"--resume": "7"}, "--experiment does not go with --resume"),
    ],
)
def test_whatever_is_wrong_is_one_line_and_nothing_is_written(
    server: FakeLLM, options: dict[str, str | None], word: str
) -> None:
    known: dict[str, Any] = {"--experiment": "trial", "--models": model_at(server)}
    known |= {"--query": ""} | options
    words = [part for pair in known.items() if pair[1] is not None for part in pair]
    with pytest.raises(CommandError) as refused:
        call_command("predictions", "ask", *words)
    assert word in str(refused.value)
    assert "\n" not in str(refused.value)
    assert not AskRun.objects.exists()
    assert not Experiment.objects.exists()


def test_a_price_is_needed_or_a_limit(server: FakeLLM) -> None:
    for price, word in (("1", "say how much may be spent on fake/m"),):
        model = model_at(server, price=price)
        with pytest.raises(CommandError, match=word):
            call_command(
                *("predictions", "ask", "--experiment", "t", "--query", ""),
                *("--models", model),
            )
