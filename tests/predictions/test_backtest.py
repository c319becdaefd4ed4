from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from apps.accounts.selectors.workspaces import ANONYMOUS
from apps.markets.domain.markets import Nature
from apps.markets.models import Market, Venue
from apps.predictions.models import Experiment, Prediction, Snapshot, Summary
from apps.predictions.selectors.audit import audit_chains
from apps.predictions.selectors.leaderboard import get_leaderboard

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db

BEGAN = datetime(2026, 10, 31, 20, tzinfo=UTC)
HEADER = "market,probability,predicted_at"
# Each hour's mid of rain and of snow; the tape runs over the end of a month.
RAIN = ("0.60", "0.60", "0.64", "0.70", "0.80", "0.90")
SNOW = ("0.30", "0.25", "0.30", "0.20", "0.10", "0.05")


class Files:
    """A tape of two markets of six hours, and predictions to be played on it."""

    def __init__(self, folder: Path) -> None:
        self.tape, self.ends = folder / "tape.csv", folder / "ends.csv"
        self.predictions = folder / "gut.csv"
        lines = ["time,market,question,bid,ask,event"]
        for name, prices in (("rain", RAIN), ("snow", SNOW)):
            for hour, price in enumerate(prices):
                at = (BEGAN + timedelta(hours=hour)).isoformat()
                bid, ask = (f"{float(price) + way:.3f}" for way in (-0.005, 0.005))
                lines.append(f"{at},{name},Will there be {name}?,{bid},{ask},{name}")
        self.tape.write_text("\n".join(lines))
        settled = (BEGAN + timedelta(hours=7)).isoformat()
        self.ends.write_text(f"market,payout,settled\nrain,1,{settled}\nsnow,0,")

    def predict(self, *rows: str, header: str = HEADER) -> None:
        self.predictions.write_text("\n".join([header, *rows]))

    def play(self, *arguments: str) -> dict[str, Any]:
        stdout = StringIO()
        call_command(
            *("predictions", "backtest", "--json"),
            *("--tape", str(self.tape), "--outcomes", str(self.ends)),
            *("--predictions", str(self.predictions), *arguments),
            stdout=stdout,
        )
        document: dict[str, Any] = json.loads(stdout.getvalue())
        return document


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def test_a_backtest_ends_with_the_report_of_settled_predictions(files: Files) -> None:
    files.predict("rain,0.75,2026-10-31T20:30:00Z", "snow,0.20,2026-10-31T20:30:00Z")
    document = files.play()
    done, report = document["backtest"], document["report"]["report"]
    assert (done["recorded"], done["refused"], done["failed"]) == (2, [], 0)
    assert document["report"]["nature"] == "recorded"
    assert report["counts"]["settled"] == 2
    brier = (0.25**2 + 0.2**2) / 2
    assert report["settled"]["brier"]["value"] == pytest.approx(brier)
    skill = (0.4**2 - 0.25**2 + 0.3**2 - 0.2**2) / 2
    assert report["settled"]["skill"]["value"] == pytest.approx(skill)
    flat = report["profit"][0]
    assert (flat["bets"], flat["unquoted"]) == (0, 2)  # a tape does not tell the fee


def test_on_a_tape_that_tells_its_fees_bets_are_made(files: Files) -> None:
    head, *rows = files.tape.read_text().splitlines()
    told = [f"{head},fee_rate,fee_rounds_up_to", *(f"{row},0.07,0.01" for row in rows)]
    files.tape.write_text("\n".join(told))
    files.predict("rain,0.75,2026-10-31T20:30:00Z", "snow,0.20,2026-10-31T20:30:00Z")
    flat = files.play()["report"]["report"]["profit"][0]
    assert (flat["bets"], flat["unquoted"]) == (2, 0)
    # A hundred of the tape's money buys each: 0.07 · p · (1 − p) a share, to the cent.
    rain, snow = 0.0270, 0.0203
    assert flat["fees"] == pytest.approx(rain + snow)
    profit = (1 - rain) / 0.605 + (1 - snow) / 0.705 - 2
    assert flat["profit"] == pytest.approx(profit)


def test_every_hour_is_looked_at_with_the_price_that_it_had(files: Files) -> None:
    files.predict("rain,0.75,2026-10-31T20:30:00Z")
    files.play()
    looks = Snapshot.objects.order_by("hour").values_list("hour", "market_price_yes")
    expected = [(BEGAN + timedelta(hours=h), float(RAIN[h])) for h in range(1, 6)]
    assert [(hour, price) for hour, price in looks[:5]] == expected
    summary = Summary.objects.get()
    assert summary.reached_at == BEGAN + timedelta(hours=4)
    # The tape ends at one: whoever looks after that finds a closed market.
    assert (summary.value, summary.closing_price) == (1.0, 0.8)
    assert summary.settled_at == BEGAN + timedelta(hours=7)


def test_nothing_is_known_before_its_time(files: Files) -> None:
    files.predict("rain,0.75,2026-10-31T22:10:00Z", "rain,0.75,2026-11-01T00:30:00Z")
    files.play()
    first, second = Prediction.objects.order_by("sequence")
    assert (str(first.market_price), str(second.market_price)) == (
        "0.64000000",
        "0.80000000",
    )
    assert first.created_at == datetime(2026, 10, 31, 22, 10, tzinfo=UTC)
    assert first.market_quoted_at == datetime(2026, 10, 31, 22, tzinfo=UTC)
    assert Snapshot.objects.filter(hour__lt=BEGAN + timedelta(hours=2)).count() == 0


def test_what_could_not_be_predicted_then_is_refused_by_its_line(files: Files) -> None:
    files.predict(
        "rain,0.75,2026-10-31T20:30:00Z",
        "rain,0.75,2026-11-01T02:30:00Z",
        "snow,0.5,2026-10-31T19:00:00Z",
        "hail,0.5,2026-10-31T20:30:00Z",
        "rain,0.8,2026-12-01T00:00:00Z",
    )
    done = files.play()["backtest"]
    assert done["recorded"] == 1
    assert {one["line"]: one["reason"] for one in done["refused"]} == {
        3: "market: it is closed: only an open market can be predicted",
        4: "not on the tape by then",
        5: "not on the tape by then",
        6: "the tape ends before it",
    }


def test_the_second_outcome_is_predicted_by_its_name(files: Files) -> None:
    header = f"{HEADER},outcome,confidence"
    files.predict("rain,0.45,2026-10-31T20:30:00+00:00,no,70", header=header)
    report = files.play()["report"]["report"]
    assert report["settled"]["brier"]["value"] == pytest.approx(0.45**2)
    assert report["settled"]["skill"]["value"] == pytest.approx(0.4**2 - 0.45**2)
    assert str(Prediction.objects.get().confidence) == "70.00"


def test_a_backtest_stands_apart_and_its_chain_holds(files: Files) -> None:
    files.predict("rain,0.75,2026-10-31T20:30:00Z")
    files.play("--as", "again")
    assert get_leaderboard(ANONYMOUS, nature=Nature.RECORDED).rows == ()
    apart = get_leaderboard(ANONYMOUS, nature=Nature.RECORDED, is_backtest=True)
    assert [row.experiment for row in apart.rows] == ["again"]
    assert [audit.broken for audit in audit_chains(None)] == [None]
    assert not Venue.objects.get(name="again").is_active


def test_a_name_is_taken_once(files: Files) -> None:
    files.predict("rain,0.75,2026-10-31T20:30:00Z")
    files.play()
    with pytest.raises(CommandError, match="There is an experiment 'gut' already"):
        files.play()
    assert Experiment.objects.count() == 1
    assert Prediction.objects.count() == 1


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            "rain,1.2,2026-10-31T20:30:00Z",
            "line 2: probability '1.2' is not within",
        ),
        ("rain,0.5,yesterday", "line 2: predicted_at 'yesterday' is no time such as"),
        (",0.5,2026-10-31T20:30:00Z", "line 2: market is empty"),
        ("rain,,2026-10-31T20:30:00Z", "line 2: probability is empty"),
        (
            "rain,0.5,2027-01-01T00:00:00Z",
            "The first prediction is of 2027-01-01",
        ),
    ],
)
def test_a_file_that_cannot_be_played_stores_nothing(
    files: Files, row: str, message: str
) -> None:
    files.predict(row)
    with pytest.raises(CommandError, match=message) as caught:
        files.play()
    assert caught.value.returncode == 2
    assert (Experiment.objects.count(), Market.objects.count()) == (0, 0)
