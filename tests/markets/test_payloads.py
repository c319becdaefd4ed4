from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from apps.markets.domain.payloads import (
    PayloadError,
    parse_json,
    read_amount,
    read_flag,
    read_list,
    read_milliseconds,
    read_moment,
    read_object,
    read_share,
    read_text,
    require_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def test_fractions_of_json_are_exact() -> None:
    assert parse_json('{"p": 0.29, "n": 3}') == {"p": Decimal("0.29"), "n": 3}


def test_what_is_no_number_of_json_is_refused() -> None:
    with pytest.raises(ValueError, match="NaN is not a number of JSON"):
        parse_json('{"p": NaN}')


@pytest.mark.parametrize("told", ["0.505", Decimal("0.505")])
def test_a_share_is_read_from_a_number_and_from_a_text(told: object) -> None:
    assert read_share({"bestBid": told}, "bestBid") == Decimal("0.505")


def test_a_share_has_as_many_places_as_are_kept() -> None:
    told = {"p": "0.5843311669077693146635445446077281"}
    assert str(read_share(told, "p")) == "0.58433117"


def test_an_amount_is_the_first_of_the_fields_that_is_there() -> None:
    told = {"volumeNum": None, "volume": "192817.4904490008"}
    assert read_amount(told, "volumeNum", "volume") == Decimal("192817.490449")
    assert read_amount({}, "volumeNum", "volume") is None


@pytest.mark.parametrize("told", ['["Yes", "No"]', ["Yes", "No"]])
def test_a_list_may_come_as_text(told: object) -> None:
    assert read_list({"outcomes": told}, "outcomes") == ["Yes", "No"]


@pytest.mark.parametrize(
    ("told", "moment"),
    [
        ("2026-03-19 23:20:15+00", datetime(2026, 3, 19, 23, 20, 15, tzinfo=UTC)),
        ("2026-03-19T23:20:15Z", datetime(2026, 3, 19, 23, 20, 15, tzinfo=UTC)),
        ("2026-03-20T01:20:15+02:00", datetime(2026, 3, 19, 23, 20, 15, tzinfo=UTC)),
        ("2026-03-19", datetime(2026, 3, 19, tzinfo=UTC)),
    ],
)
def test_times_are_read_in_every_form_that_venues_use(
    told: str, moment: datetime
) -> None:
    assert read_moment({"closedTime": told}, "closedTime") == moment


@pytest.mark.parametrize("told", ["1703875200000", 1_703_875_200_000])
def test_milliseconds_are_read_from_a_number_and_from_a_text(told: object) -> None:
    read = read_milliseconds({"timestamp": told}, "timestamp")
    assert read == datetime(2023, 12, 29, 18, 40, tzinfo=UTC)


def test_a_text_loses_what_no_database_keeps() -> None:
    assert read_text({"slug": " a\x00b "}, "slug") == "ab"
    assert read_text({"slug": "é\ud800"}, "slug") == "é?"
    assert read_text({"slug": "abcdef"}, "slug", most=3) == "abc"
    assert read_text({"id": 411239}, "id") == "411239"


REFUSED: list[tuple[Callable[..., object], object, str]] = [
    (read_share, "much", "field is not a number: 'much'"),
    (read_share, {"a": 1}, "field is not a number: {'a': 1}"),
    (read_share, True, "field is not a number: True"),
    (read_share, "1.01", "field is not between 0 and 1: '1.01'"),
    (read_share, -1, "field is not between 0 and 1: -1"),
    (read_share, "Infinity", "field is not a finite number: 'Infinity'"),
    (read_amount, "1e30", "field is beyond all measure: Decimal('1E+30')"),
    (read_flag, "yes", "field is neither true nor false: 'yes'"),
    (read_list, "[", "field is not a list: '['"),
    (read_list, '"Yes"', "field is not a list: 'Yes'"),
    (read_list, 7, "field is not a list: 7"),
    (read_moment, "soon", "field is not a time: 'soon'"),
    (read_milliseconds, 10**30, "field is not a time: "),
    (read_text, ["a"], "field is not a text: ['a']"),
    (read_text, True, "field is not a text: True"),
]


@pytest.mark.parametrize(("read", "told", "message"), REFUSED)
def test_what_cannot_be_read_is_named(
    read: Callable[..., object], told: object, message: str
) -> None:
    with pytest.raises(PayloadError) as caught:
        read({"field": told}, "field")
    assert str(caught.value).startswith(message)


def test_what_has_to_be_there_is_missed() -> None:
    with pytest.raises(PayloadError, match="conditionId is missing"):
        require_text({}, "conditionId", most=200)
    with pytest.raises(PayloadError, match="longer than 3 characters: 'abcd'"):
        require_text({"conditionId": "abcd"}, "conditionId", most=3)
    with pytest.raises(PayloadError, match="an entry is not an object: 7"):
        read_object(7, "an entry")


def test_a_long_value_is_shown_in_part() -> None:
    with pytest.raises(PayloadError) as caught:
        read_share({"field": "x" * 1000}, "field")
    assert len(str(caught.value)) < 100
