"""What the documentation says of tapes and stale prices is what the code does."""

from __future__ import annotations

import re
from datetime import timedelta

from apps.markets.domain import tape_tables
from apps.markets.gateways.tape import read_tape_files
from apps.markets.services.readings import STALE_AFTER
from tests.docs.reference import DOCS
from tests.markets.real import find_recorded

PAGE = (DOCS / "reference" / "tape-format.md").read_text()


def columns_of(section: str) -> set[str]:
    """Return the names in the first column of a section's table."""
    text = PAGE.split(f"## {section}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (`[^|]+) \|", text, re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`(\w+)`", row)}


def test_every_column_of_a_tape_is_described() -> None:
    known = {*tape_tables.OWN, *tape_tables.OWN_OPTIONAL}
    assert columns_of("Prices") == known


def test_every_column_of_outcomes_is_described() -> None:
    known = {*tape_tables.OUTCOMES, *tape_tables.OUTCOMES_OPTIONAL}
    assert columns_of("Outcomes") == known


def test_the_columns_of_predictit_are_named() -> None:
    told = PAGE.split("## PredictIt's hourly prices\n")[1].split("\n## ")[0]
    named = set(re.findall(r"`(\w+)`", told))
    assert {*tape_tables.PREDICTIT, *tape_tables.PREDICTIT_OUTCOMES} <= named


def test_the_season_that_is_named_is_as_large() -> None:
    prices = find_recorded("history/predictit/predictit_2020_hourly.csv.gz")
    recording = read_tape_files(prices)
    told = f"{len(recording.markets)} contracts with {len(recording.times):,} hourly"
    assert told in PAGE


def test_the_time_after_which_a_price_is_stale_is_told() -> None:
    assert timedelta(hours=24) == STALE_AFTER
    venues = (DOCS / "reference" / "venues.md").read_text()
    assert "neither moved nor traded for 24 hours" in venues
