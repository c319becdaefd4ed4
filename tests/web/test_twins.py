from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest

from apps.core.templatetags.formats import (
    bounds,
    compact,
    duration,
    interval,
    p_value,
    points,
    price,
    rank_range,
    usd,
    utc,
)
from apps.core.web.sse import encode_event
from apps.core.web.twins import csv_text, decimal_text, plain, safe_cell

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Row:
    cost: Decimal | None
    at: datetime
    parts: tuple[float, ...] = ()


def test_a_row_becomes_plain_json() -> None:
    row = Row(Decimal("0.00000000"), NOON, (1.5, math.nan, math.inf))
    assert plain(row) == {
        "cost": "0",
        "at": "2026-03-04T12:00:00Z",
        "parts": [1.5, None, None],
    }


def test_parts_of_a_cell_are_written_as_json() -> None:
    assert safe_cell({"é": [Decimal("0.10"), None]}) == '{"é": ["0.1", null]}'
    assert safe_cell(("=1", NOON)) == '["=1", "2026-03-04T12:00:00Z"]'
    assert safe_cell([]) == "[]"


def test_times_are_written_in_utc() -> None:
    elsewhere = NOON.astimezone(timezone(timedelta(hours=9)))
    assert plain(elsewhere) == "2026-03-04T12:00:00Z"
    assert plain(date(2026, 3, 4)) == "2026-03-04"


@pytest.mark.parametrize(
    ("amount", "text"),
    [("0E-8", "0"), ("1E+2", "100"), ("0.00031800", "0.000318"), ("10", "10")],
)
def test_amounts_are_written_in_full(amount: str, text: str) -> None:
    assert decimal_text(Decimal(amount)) == text


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", " =1", "\uff1d1", "\n-1"]
)
def test_a_cell_that_a_spreadsheet_would_run_is_quoted(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


def test_numbers_and_harmless_text_stay_as_they_are() -> None:
    assert [safe_cell(value) for value in (-1, -0.5, None, "a=b", True)] == [
        -1,
        -0.5,
        "",
        "a=b",
        True,
    ]


def test_a_cell_keeps_quotes_commas_and_line_ends() -> None:
    assert csv_text(["a"], [['x,"y"\nz']]) == 'a\r\n"x,""y""\nz"\r\n'


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (None, "unknown"),
        (Decimal(0), "$0"),
        (Decimal("1234.5"), "$1,234.50"),
        (Decimal("0.01"), "$0.01"),
        (Decimal("0.00031823"), "$0.00032"),
        (Decimal("0.000997"), "$0.0010"),
    ],
)
def test_dollars_are_written_for_people(amount: Decimal | None, text: str) -> None:
    assert usd(amount) == text


def test_numbers_are_written_for_people() -> None:
    assert [duration(ms) for ms in (None, 12.4, 999.4, 1234.0)] == [
        "no data",
        "12 ms",
        "999 ms",
        "1.23 s",
    ]
    assert [compact(n) for n in (None, 0, 999, 1240, 7_960_000)] == [
        "unknown",
        "0",
        "999",
        "1.24 k",
        "7.96 M",
    ]


def test_statistics_and_prices_are_written_for_people() -> None:
    assert [p_value(p) for p in (None, 0.0, 0.0004, 0.05)] == [
        "no data",
        "< 0.001",
        "< 0.001",
        "0.050",
    ]
    assert [points(d) for d in (None, 0.123, -0.05)] == ["no data", "+12.3", "−5.0"]
    assert [price(p) for p in (None, "", "0.60000", Decimal(3))] == [
        "unknown",
        "unknown",
        "$0.60",
        "$3",
    ]


@dataclass(frozen=True)
class Line:
    rank_low: int | None = None
    rank_high: int | None = None
    ci_low: float | None = None
    ci_high: float | None = None


def test_a_rank_is_a_range_and_an_unknown_one_is_no_data() -> None:
    assert rank_range(Line(2, 4)) == "2–4"
    assert rank_range(Line(3, 3)) == "3"
    assert rank_range(Line()) == "no data"
    assert bounds(Line(ci_low=0.1234, ci_high=1.0)) == "12.3–100.0"
    assert bounds(Line()) == "no interval"


def test_an_interval_is_drawn_within_its_axis() -> None:
    drawn = interval(0.5, -0.2, 1.4)
    assert 'd="M2.0 8H118.0"' in drawn
    assert "<title>50.0 %, 95 % interval -20.0 % to 140.0 %</title>" in drawn
    assert interval(0.5, None, None) == ""


def test_a_moment_is_written_in_utc_for_people_and_programs() -> None:
    assert utc(NOON) == (
        '<time datetime="2026-03-04T12:00:00Z">2026-03-04 12:00 UTC</time>'
    )
    assert utc(None) == "no data"


def test_an_event_keeps_every_line_of_its_data() -> None:
    event = encode_event("progress", "a\nb", "7").decode()
    assert event == "event: progress\nid: 7\nretry: 3000\ndata: a\ndata: b\n\n"


def test_an_identifier_is_text() -> None:
    text = "01936b7e-0000-7000-8000-000000000000"
    assert plain({"id": UUID(text)}) == {"id": text}
