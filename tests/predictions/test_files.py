"""Predictions as they stand in files."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from apps.predictions.domain.entries import NewPrediction
from apps.predictions.domain.files import (
    LONGEST_LINE,
    FileEntry,
    FileFault,
    read_csv,
    read_jsonl,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

HEADER = b"market,outcome,probability\n"


def lines_of(text: bytes) -> Iterable[bytes]:
    return text.splitlines(keepends=True)


def faults(parts: Iterable[FileEntry | FileFault]) -> list[tuple[int, str, str]]:
    return [
        (one.line, one.field, one.what) for one in parts if isinstance(one, FileFault)
    ]


def test_a_csv_file_is_read_with_the_lines_on_which_rows_begin() -> None:
    text = (
        b"\xef\xbb\xbfProbability, outcome ,market,reasoning,confidence\r\n"
        b'0.75,Yes,polymarket:0x1,"Two\r\nlines, ",80\r\n'
        b"\r\n"
        b" .5 ,1, kalshi:K ,,\r\n"
    )
    assert list(read_csv(lines_of(text))) == [
        FileEntry(
            2,
            NewPrediction(
                "polymarket:0x1",
                "Yes",
                Decimal("0.75"),
                reasoning="Two\r\nlines, ",
                confidence=Decimal(80),
            ),
        ),
        FileEntry(5, NewPrediction("kalshi:K", "1", Decimal("0.5"))),
    ]


def test_json_lines_are_read_to_the_last_digit() -> None:
    text = (
        b'{"market": "m", "outcome": 0, "probability": 0.10000000000000000001}\n'
        b"\n"
        b'{"market": "m", "outcome": "No", "probability": "1", "cost": null,'
        b' "reference": " r ", "market_price_shown": 5e-1}'
    )
    assert list(read_jsonl(lines_of(text))) == [
        FileEntry(1, NewPrediction("m", 0, Decimal("0.10000000000000000001"))),
        FileEntry(
            3,
            NewPrediction(
                "m",
                "No",
                Decimal(1),
                reference=" r ",
                market_price_shown=Decimal("0.5"),
            ),
        ),
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b"market,outcome\n", (1, "", "no column probability")),
        (b"market,outcome,probability,market\n", (1, "", "two columns market")),
        (b"\n\nmarket,outcome,probability,odds\n", (3, "", "column 'odds' is none of")),
        (HEADER + b"m,0\n", (2, "", "2 fields where the header has 3")),
        (HEADER + b"m,0,\n", (2, "probability", "it is missing")),
        (HEADER + b"m,0,75%\n", (2, "probability", "'75%' is no number")),
        (HEADER + b'm,0,0.5\n"m,0,0.5\n', (3, "", "not CSV: unexpected end of data")),
        (HEADER + b"m,0,0.5\nm\xff,0,1\n", (3, "", "not UTF-8 text")),
        (HEADER + b"m" * (LONGEST_LINE + 1), (2, "", "more than 1048576 bytes in a")),
        (HEADER + b"m" * 200_000, (2, "", "not CSV: field larger than")),
    ],
)
def test_what_is_wrong_in_a_csv_file_is_named_by_its_line(
    text: bytes, found: tuple[int, str, str]
) -> None:
    ((line, field, what),) = faults(read_csv(lines_of(text)))
    assert (line, field, what[: len(found[2])]) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b"{", (1, "", "not JSON")),
        (b"[" * 100_000, (1, "", "not JSON")),
        (b'{"a": ' + b"9" * 5000 + b"}", (1, "", "not JSON")),
        (b"7", (1, "", "not a JSON object")),
        (b"\n\xff", (2, "", "not UTF-8 text")),
        (b'{"market": "m", "outcome": 0}', (1, "probability", "it is missing")),
        (b'{"odds": 2}', (1, "odds", "it is none of market")),
        (b'{"market": "m", "outcome": true, "probability": 1}', (1, "outcome", "a te")),
        (b'{"market": 7, "outcome": 0, "probability": 1}', (1, "market", "a text")),
        (
            b'{"market": "m", "outcome": 0, "probability": true}',
            (1, "probability", "'"),
        ),
        (b'{"market": "m", "outcome": 0, "probability": []}', (1, "probability", "'[")),
    ],
)
def test_what_is_wrong_in_json_lines_is_named_by_its_line(
    text: bytes, found: tuple[int, str, str]
) -> None:
    ((line, field, what),) = faults(read_jsonl(lines_of(text)))
    assert (line, field, what[: len(found[2])]) == found


def test_every_line_that_is_wrong_is_named() -> None:
    text = HEADER + b"m,0,x\nm,0,0.5\nm,0\n"
    assert [one[0] for one in faults(read_csv(lines_of(text)))] == [2, 4]
