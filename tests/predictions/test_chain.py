"""The hash of a prediction and the breaks of a chain, without a database."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from apps.predictions.domain.chain import (
    BreakKind,
    Content,
    Head,
    Link,
    canonical,
    content_hash,
    find_break,
)
from tests.docs.reference import DOCS

CONTENT = Content(
    id=UUID(int=1),
    experiment_id=UUID(int=2),
    sequence=1,
    market_id=UUID(int=3),
    outcome=0,
    probability=Decimal("0.75000000"),
    confidence=None,
    market_price=Decimal("0.60"),
    market_bid=Decimal("0.595"),
    market_ask=Decimal("0.605"),
    market_flags=0,
    market_quoted_at=datetime(2026, 11, 24, 12, 29, 30, tzinfo=UTC),
    market_price_shown=Decimal("1E-2"),
    reasoning='Wind from "föhn"\n🌧',
    cost=Decimal(0),
    provenance={"z": [0.5, 1e22, True], "a": None},
    reference="row-1",
    created_at=datetime(2026, 11, 24, 12, 30, 0, 5, tzinfo=UTC),
    previous_hash="",
)
# Written by hand from the documentation, and hashed with sha256sum.
WRITTEN = (
    '{"confidence":null,"cost":"0","created_at":"2026-11-24T12:30:00.000005Z",'
    '"experiment_id":"00000000-0000-0000-0000-000000000002",'
    '"id":"00000000-0000-0000-0000-000000000001","market_ask":"0.605",'
    '"market_bid":"0.595","market_flags":0,'
    '"market_id":"00000000-0000-0000-0000-000000000003","market_price":"0.6",'
    '"market_price_shown":"0.01","market_quoted_at":"2026-11-24T12:29:30.000000Z",'
    '"outcome":0,"previous_hash":"","probability":"0.75",'
    '"provenance":{"a":null,"z":["0.5","10000000000000000000000",true]},'
    '"reasoning":"Wind from \\"föhn\\"\\n🌧","reference":"row-1","sequence":1}'
)
HASH = "5d07a852e79483f42192bf3455cc78e928e799e68ff4e74f229ff6ee004c7ecf"


def chain_of(count: int) -> tuple[list[Link], Head]:
    links: list[Link] = []
    before = ""
    for place in range(1, count + 1):
        content = replace(
            CONTENT,
            id=UUID(int=100 + place),
            sequence=place,
            reference="",
            created_at=CONTENT.created_at + timedelta(hours=place // 2),
            previous_hash=before,
        )
        before = content_hash(content)
        links.append(Link(content, before))
    return links, Head(count, before)


def rehashed(link: Link, **changes: object) -> Link:
    content = replace(link.content, **changes)  # type: ignore[arg-type]
    return Link(content, content_hash(content))


def found(links: list[Link], head: Head) -> tuple[BreakKind, int] | None:
    broken = find_break(iter(links), head)
    return None if broken is None else (broken.kind, broken.sequence)


def test_the_canonical_form_is_the_one_that_is_documented() -> None:
    assert canonical(CONTENT).decode() == WRITTEN


def test_the_documented_example_is_this_one() -> None:
    page = DOCS / "reference" / "prediction-chain.md"
    example = page.read_text().split("```")[1].strip().replace("\n", "")
    assert example == WRITTEN
    assert f"`{HASH}`" in page.read_text()


def test_the_hash_of_a_known_content_is_known() -> None:
    assert content_hash(CONTENT) == HASH


@pytest.mark.parametrize("name", [one.name for one in fields(Content)])
def test_everything_that_a_prediction_says_is_hashed(name: str) -> None:
    other: dict[str, object] = {
        "provenance": {},
        "reasoning": "Calm",
        "reference": "row-2",
        "previous_hash": "0" * 64,
        "created_at": CONTENT.created_at + timedelta(microseconds=1),
        "market_quoted_at": CONTENT.created_at,
    }
    if name.endswith("id"):
        other[name] = UUID(int=9)
    changed = replace(CONTENT, **{name: other.get(name, 7)})  # type: ignore[arg-type]
    assert content_hash(changed) != HASH


def test_the_same_amounts_and_times_have_the_same_hash_however_written() -> None:
    zone = datetime.fromisoformat("2026-11-24T13:30:00.000005+01:00")
    same = replace(
        CONTENT,
        probability=Decimal("7.5E-1"),
        cost=Decimal("-0.000"),
        created_at=zone,
        provenance={"a": None, "z": [Decimal("0.50"), 10**22, True]},
    )
    assert content_hash(same) == HASH


@pytest.mark.parametrize("value", [float("nan"), Decimal("Infinity")])
def test_no_number_without_a_value_is_hashed(value: object) -> None:
    with pytest.raises(ValueError, match="no place in a prediction"):
        canonical(replace(CONTENT, provenance={"x": value}))


@pytest.mark.parametrize("count", [0, 1, 7])
def test_a_chain_as_it_was_made_holds(count: int) -> None:
    assert found(*chain_of(count)) is None


def test_an_edited_row_is_found() -> None:
    links, head = chain_of(5)
    edited = replace(links[2].content, probability=Decimal("0.9"))
    links[2] = Link(edited, links[2].content_hash)
    assert found(links, head) == (BreakKind.EDITED, 3)


def test_an_edited_row_with_a_new_hash_is_found_by_the_next_one() -> None:
    links, head = chain_of(5)
    links[2] = rehashed(links[2], probability=Decimal("0.9"))
    assert found(links, head) == (BreakKind.REPLACED, 3)


def test_an_edited_last_row_with_a_new_hash_is_found_by_the_head() -> None:
    links, head = chain_of(5)
    links[4] = rehashed(links[4], probability=Decimal("0.9"))
    assert found(links, head) == (BreakKind.HEAD_MISMATCH, 5)


@pytest.mark.parametrize(("index", "place"), [(0, 1), (2, 3), (4, 5)])
def test_a_row_that_was_taken_out_is_found(index: int, place: int) -> None:
    links, head = chain_of(5)
    del links[index]
    assert found(links, head) == (BreakKind.MISSING, place)


def test_rows_that_changed_places_are_found_with_the_true_place() -> None:
    links, head = chain_of(5)
    second, fourth = links[1], links[3]
    links[1] = Link(replace(fourth.content, sequence=2), fourth.content_hash)
    links[3] = Link(replace(second.content, sequence=4), second.content_hash)
    broken = find_break(links, head)
    assert broken is not None
    assert (broken.kind, broken.sequence) == (BreakKind.REORDERED, 2)
    assert broken.what == "it was made as prediction 4"


def test_two_rows_at_one_place_are_found() -> None:
    links, head = chain_of(3)
    links.insert(1, links[0])
    assert found(links, head) == (BreakKind.REORDERED, 1)


def test_a_row_beyond_the_head_is_found() -> None:
    links, _ = chain_of(4)
    assert found(links, Head(3, links[2].content_hash)) == (BreakKind.HEAD_MISMATCH, 4)


def test_a_whole_chain_that_goes_back_in_time_is_found() -> None:
    links, _ = chain_of(3)
    links[2] = rehashed(links[2], created_at=CONTENT.created_at - timedelta(days=1))
    head = Head(3, links[2].content_hash)
    assert found(links, head) == (BreakKind.BACKDATED, 3)


def test_a_price_younger_than_its_prediction_is_found() -> None:
    links, _ = chain_of(3)
    late = links[2].content.created_at + timedelta(seconds=1)
    links[2] = rehashed(links[2], market_quoted_at=late)
    head = Head(3, links[2].content_hash)
    assert found(links, head) == (BreakKind.QUOTED_LATER, 3)
