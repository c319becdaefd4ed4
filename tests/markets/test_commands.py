"""`manage.py markets` and `manage.py load_venues`."""

from __future__ import annotations

import json
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from apps.core.status_line import draw_bar
from apps.core.subcommands import load_subcommands
from apps.markets.management import subcommands
from apps.markets.models import Market, Tape, Venue
from tests.markets.make import NOW, make_market, make_quote, make_venue
from tests.markets.test_tape import TABLE

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django import DjangoCaptureOnCommitCallbacks

    from tests.fakes.venue_server import FakeVenues

pytestmark = pytest.mark.django_db


def run(*words: str) -> tuple[int, str, str]:
    stdout, stderr = StringIO(), StringIO()
    status = 0
    try:
        call_command("markets", *words, stdout=stdout, stderr=stderr)
    except SystemExit as ended:
        status = int(str(ended.code))
    return status, stdout.getvalue(), stderr.getvalue()


def test_sync_says_what_is_new(venues: FakeVenues) -> None:
    venues.polymarket.add_many(3)
    make_venue(addresses=venues.addresses())
    status, told, _ = run("sync", "--limit", "2")
    assert (status, told) == (0, "polymarket (live): synced, 2 markets listed, 2 new\n")
    _, document, progress = run("sync", "--venue", "polymarket", "--json")
    (outcome,) = json.loads(document)["venues"]
    assert (outcome["status"], outcome["listed"]) == ("synced", 3)
    assert len(outcome["new"]) == 1
    assert progress == "polymarket: 3 markets\n"


def test_sync_fails_where_a_venue_does() -> None:
    make_venue(addresses={"gamma": "http://127.0.0.1:9"})
    status, told, _ = run("sync")
    assert status == 1
    assert told.startswith("polymarket (live): failed, 0 markets listed, 0 new: ")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["sync", "--venue", "x"], "No venue is named 'x'; there is none."),
        (["sync", "--limit", "0"], "'0' is not a number above 0"),
        (["show", "x"], "There is no market 'x'."),
        (["list", "--venue", "x"], "No venue is named 'x'; there is none."),
        (["tape", "/nowhere.csv", "--as", "x"], "/nowhere.csv: No such file"),
        (["tape", __file__, "--as", "x"], "ends in none of .csv, .json, .jsonl"),
        (["tape", "/nowhere.csv"], "the following arguments are required: --as"),
    ],
)
def test_bad_input_is_one_line_and_status_2(words: list[str], message: str) -> None:
    with pytest.raises(CommandError) as raised:
        run(*words)
    assert message in str(raised.value)
    assert (raised.value.returncode, "\n" in str(raised.value)) == (2, False)


def test_a_market_is_shown_with_its_quotes() -> None:
    market = make_market("rain", slug="rain-today", event_id="7", event_title="Weather")
    make_quote(market, "0.60", NOW)
    _, told, _ = run("show", "rain-today")
    assert told.splitlines() == [
        "Will there be rain?",
        f"id {market.id}",
        "at Polymarket (polymarket:rain)",
        "open, Yes or No, price of Yes: 0.6",
        "event 7: Weather",
        "2026-11-24T12:30:00Z gamma: 0.595 to 0.605, last -",
    ]
    _, document, _ = run("show", str(market.id), "--json")
    shown = json.loads(document)
    assert (shown["market"]["price"], shown["market"]["flags"]) == ("0.6", [])
    assert shown["quotes"][0]["observed_at"] == "2026-11-24T12:30:00Z"


def test_a_market_of_a_simulation_is_shown_as_one() -> None:
    venue = make_venue("simulation", kind="simulated", nature="simulated")
    market = make_market(venue=venue)
    assert "simulated: not a live market" in run("show", str(market.id))[1]
    assert " simulation (simulated) open 0.6 " in run("list")[1]


def test_markets_are_listed() -> None:
    make_market("rain")
    make_market("snow", status="closed")
    _, document, _ = run("list", "--status", "closed", "--json")
    assert [row["external_id"] for row in json.loads(document)["markets"]] == ["snow"]


def test_a_list_of_no_market_says_where_markets_come_from() -> None:
    _, told, said = run("list")
    assert (told, "manage.py markets sync" in said) == ("", True)
    make_market("rain")
    _, told, said = run("list", "--query", "snow")
    assert (told, said.startswith("No known market is like that")) == ("", True)


def test_a_tape_is_played_as_a_venue(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(TABLE)
    _, told, _ = run("tape", str(tmp_path / "t.csv"), "--as", "old", "--speed", "60")
    assert told == (
        "old plays 2 markets with 4 prices from 2020-07-01T00:00:00Z to "
        "2020-07-01T02:00:00Z, 60 times as fast, from now on; 1 are open.\n"
    )
    assert Market.objects.get().external_id == "a"
    assert Tape.objects.get().speed == 60


def test_a_tape_s_venue_has_a_name(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(TABLE)
    with pytest.raises(CommandError, match="letters, digits, - and _: 'my venue'"):
        run("tape", str(tmp_path / "t.csv"), "--as", "my venue")


@pytest.mark.parametrize("speed", ["0", "-1", "nan", "inf"])
def test_a_tape_goes_forward(tmp_path: Path, speed: str) -> None:
    (tmp_path / "t.csv").write_text(TABLE)
    with pytest.raises(CommandError, match="it is a number above 0"):
        run("tape", str(tmp_path / "t.csv"), "--as", "old", f"--speed={speed}")
    assert not Venue.objects.exists()


def test_the_first_sync_is_begun_once(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    stdout = StringIO()
    with django_capture_on_commit_callbacks() as begun:
        call_command("load_venues", stdout=stdout)
    assert (len(begun), stdout.getvalue()) == (
        1,
        "3 venues added, the first sync begun\n",
    )
    make_market(venue=Venue.objects.get(name="kalshi"))
    with django_capture_on_commit_callbacks() as begun:
        call_command("load_venues", stdout=stdout)
    assert begun == []


def test_a_bar_is_drawn_where_the_whole_is_known() -> None:
    assert draw_bar(1, 3) == f"[{'#' * 10}{'.' * 20}] "
    assert draw_bar(9, 3) == f"[{'#' * 30}] "
    assert draw_bar(9, None) == ""


def test_commands_log_nothing_that_their_output_says_too(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    make_venue("simulation", kind="simulated", nature="simulated")
    assert run("sync")[1] == (
        "simulation (simulated): synced, 24 markets listed, 24 new\n"
    )
    assert caplog.records == []


def test_the_follower_is_a_service_and_logs_all() -> None:
    services = {
        name
        for name, module in load_subcommands(subcommands).items()
        if getattr(module, "IS_SERVICE", False)
    }
    assert services == {"follow"}
