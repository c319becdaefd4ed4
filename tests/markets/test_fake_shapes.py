"""The fake venues answer in the forms that the venues were recorded with."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes.venue_others import FakeKalshi
from tests.fakes.venue_polymarket import FakePolymarket
from tests.fakes.venue_server import control
from tests.markets.real import find_markets, read_recorded
from tests.markets.venues import wire

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MARKETS = (
    "gamma/nautilus/gamma_market.json",
    "gamma/nautilus/gamma_market_closed_binary_accepting_true.json",
    "gamma/nautilus/gamma_market_closed_binary_accepting_false.json",
    "gamma/pmvl_2026_07/tests_fixtures_polymarket_markets.json",
    "gamma/pmvl_2026_07/tests_fixtures_polymarket_events.json",
    "gamma/pmvl_2026_07/apps_extension_fixtures_polymarket-market.json",
)


def kind_of(value: Any) -> str:
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    return "number" if is_number else type(value).__name__


def kinds_of(answers: Iterable[Mapping[str, Any]]) -> dict[str, set[str]]:
    """Return the kinds of value that each field was seen with."""
    kinds: dict[str, set[str]] = defaultdict(set)
    for answer in answers:
        for name, value in answer.items():
            kinds[name].add(kind_of(value))
    return kinds


def strange(fake: Mapping[str, Any], real: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the fields that no recorded answer has in this form."""
    known = kinds_of(real)
    told = wire(fake)
    return [name for name, value in told.items() if kind_of(value) not in known[name]]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"bid": None},
        {"closed": True, "prices": ("0", "1"), "uma": "resolved"},
        {"neg_risk": True, "fees": {"rate": 0.04, "exponent": 1}},
    ],
)
def test_gammas_markets_have_recorded_forms(fields: dict[str, Any]) -> None:
    real = [raw for path in MARKETS for raw in find_markets(read_recorded(path))]
    assert strange(FakePolymarket().add(1, **fields).gamma(), real) == []


def test_books_and_markets_of_the_order_book_have_recorded_forms() -> None:
    fake = FakePolymarket().add(1)
    book = read_recorded("gamma/pmvl_2026_07/tests_fixtures_polymarket_book.json")
    assert strange(fake.book(), [book]) == []
    real = read_recorded("gamma/nautilus/clob_market_closed_binary_accepting_true.json")
    assert strange(fake.clob(), [real]) == []
    assert strange(fake.clob()["tokens"][0], real["tokens"]) == []


def test_a_search_has_the_recorded_form() -> None:
    fake = FakePolymarket()
    fake.add(1, question="Will it rain?")
    real = read_recorded("gamma/nautilus/search_response.json")
    told = fake.search("rain", 1, 50)
    assert strange(told, [real]) == []
    assert strange(told["pagination"], [real["pagination"]]) == []
    assert strange(told["events"][0], real["events"]) == []


def test_kalshis_markets_have_recorded_forms() -> None:
    fake = FakeKalshi()
    fake.add("KXA-ADA")
    real = read_recorded("gamma/pmvl_2026_07/tests_fixtures_kalshi_events.json")
    markets = [raw for event in real["events"] for raw in event["markets"]]
    assert strange(fake.markets["KXA-ADA"], markets) == []
    assert strange(fake.events({})["events"][0], real["events"]) == []
    series = read_recorded("gamma/pmvl_2026_07/tests_fixtures_kalshi_series.json")
    told = fake.find_series("KXA")
    assert told is not None
    assert strange(told["series"], [series["series"]]) == []


def test_another_process_serves_and_obeys() -> None:
    command = [sys.executable, "-m", "tests.fakes.venue_server", "--markets", "3"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        ask = f"{url}/gamma/markets/keyset"
        assert len(json.load(urllib.request.urlopen(ask))["markets"]) == 3
        control(url, "move", seed=1)
        control(url, "break", path="gamma", fault="status", how={"status": 429})
        with pytest.raises(urllib.error.HTTPError, match="429"):
            urllib.request.urlopen(ask)
        control(url, "heal")
        assert urllib.request.urlopen(ask).status == 200
        process.communicate("")
    assert process.returncode == 0
