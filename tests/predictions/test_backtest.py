from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from apps.accounts.selectors.workspaces import ANONYMOUS
from apps.core import status_line
from apps.markets.domain.markets import Nature
from apps.markets.models import Market, Venue
from apps.predictions.models import Experiment, Prediction, Snapshot, Summary
from apps.predictions.selectors.audit import audit_chains
from apps.predictions.selectors.leaderboard import get_leaderboard
from tests.predictions.backtests import BEGAN, HEADER, RAIN, Files

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db


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


def test_fees_that_the_tape_does_not_tell_can_be_assumed(files: Files) -> None:
    files.predict("rain,0.75,2026-10-31T20:30:00Z", "snow,0.20,2026-10-31T20:30:00Z")
    fees = ("--fee-rate", "0.07", "--fee-rounds-up-to", "0.01")
    flat = files.play(*fees)["report"]["report"]["profit"][0]
    assert (flat["bets"], flat["unquoted"]) == (2, 0)
    assert flat["fees"] == pytest.approx(0.0270 + 0.0203)
    assert Experiment.objects.get().parameters == {
        "tape": "tape.csv",
        "fee_rate": "0.07",
        "fee_rounds_up_to": "0.01",
    }


def test_fees_that_a_tape_tells_stay_as_they_are(files: Files) -> None:
    head, *rows = files.tape.read_text().splitlines()
    told = [f"{head},fee_rate", *(f"{row},0" for row in rows)]
    files.tape.write_text("\n".join(told))
    files.predict("rain,0.75,2026-10-31T20:30:00Z")
    flat = files.play("--fee-rate", "0.07")["report"]["report"]["profit"][0]
    assert (flat["bets"], flat["fees"]) == (1, 0)


@pytest.mark.parametrize(
    ("fees", "message"),
    [
        (("--fee-rate", "seven"), "fee_rate is 'seven', which is no number"),
        (("--fee-rate", "7"), "fee_rate is 7, which is not from 0 to 1"),
        (("--fee-exponent", "2"), "fee_rate is empty, and other columns of fees"),
    ],
)
def test_fees_that_are_none_are_refused(
    files: Files, fees: tuple[str, str], message: str
) -> None:
    files.predict("rain,0.75,2026-10-31T20:30:00Z")
    with pytest.raises(CommandError, match=message):
        files.play(*fees)
    assert Experiment.objects.count() == 0


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
        4: "not on the tape by then: its first price is of 2026-10-31 20:00 UTC",
        5: "no market 'hail' is on the tape",
        6: "the tape ends before it, at 2026-11-01 03:00 UTC",
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
        ("rain,0.5,2026-10-31T20:30:00Z,0.8", "line 2: confidence 0.8 is a share, and"),
        ("rain,0.5,yesterday", "line 2: predicted_at 'yesterday' is no time such as"),
        ("rain,0.5,9999-12-31T23:59:59-05:00", "line 2: predicted_at '9999-12-31"),
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
    files.predict(row, header=f"{HEADER},confidence" if row.count(",") > 2 else HEADER)
    with pytest.raises(CommandError, match=message) as caught:
        files.play()
    assert caught.value.returncode == 2
    assert (Experiment.objects.count(), Market.objects.count()) == (0, 0)


def test_where_nothing_could_be_predicted_nothing_is_kept(files: Files) -> None:
    files.predict("rain,0.75,2019-10-31T20:30:00Z", "hail,0.5,2026-10-31T20:30:00Z")
    with pytest.raises(CommandError) as caught:
        files.play()
    assert caught.value.returncode == 2
    assert str(caught.value) == (
        "None of 2 predictions could be made on the tape, which has prices from "
        "2026-10-31 20:00 to 2026-11-01 01:00 UTC, so nothing is kept: "
        "line 2: not on the tape by then: its first price is of 2026-10-31 20:00 UTC; "
        "line 3: no market 'hail' is on the tape"
    )
    assert (Experiment.objects.count(), Venue.objects.filter(name="gut").count()) == (
        0,
        0,
    )


def test_a_venue_that_is_there_is_not_played_on(files: Files) -> None:
    files.predict("rain,0.75,2026-10-31T20:30:00Z")
    call_command("markets", "tape", str(files.tape), "--as", "gut")
    with pytest.raises(CommandError, match="There is a venue 'gut' already"):
        files.play()
    assert Venue.objects.get(name="gut").is_active
    assert Experiment.objects.count() == 0


def test_hours_in_which_no_market_moves_are_passed_over(files: Files) -> None:
    files.tape.write_text(
        "time,market,question,bid,ask\n2026-10-31T20:00:00Z,rain,Rain?,0.5,0.6\n"
        "2026-11-02T20:00:00Z,rain,Rain?,0.6,0.7"
    )
    files.ends.write_text("market,payout,settled\nrain,1,2026-11-05T20:30:00Z")
    files.predict("rain,0.75,2026-10-31T20:30:00Z", "rain,0.8,2019-01-01T00:00:00Z")
    done = files.play()["backtest"]
    # The first one, the second price, with which it closes, and the settlement.
    assert (done["hours"], done["recorded"]) == (3, 1)
    hours = Snapshot.objects.values_list("hour", flat=True)
    assert list(hours) == [datetime(2026, 11, 2, 20, tzinfo=UTC)]
    assert Summary.objects.get().value == 1.0


def test_a_backtest_says_how_far_it_is_and_where_its_page_is(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status_line, "LINE_SECONDS", -1)
    files.predict("rain,0.75,2026-10-31T20:30:00Z")
    stdout, stderr = StringIO(), StringIO()
    command = [one for one in files.command() if one != "--json"]
    call_command(*command, stdout=stdout, stderr=stderr)
    assert stderr.getvalue().splitlines()[0] == (
        "7%, 2026-10-31 21:03: 0/1 predictions, 0 hours looked at"
    )
    own_id = Experiment.objects.get().pk
    assert stdout.getvalue().splitlines()[:3] == [
        f"experiment {own_id}, venue gut, page /predictions/experiments/{own_id}/",
        "tape from 2026-10-31T20:00:00Z to 2026-11-01T01:00:00Z",
        "1 predictions recorded, 0 refused; 6 looks in 6 hours, 0 failed",
    ]
