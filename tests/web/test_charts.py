"""What the drawings of prices hold for their readers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from apps.core.web.charts import list_readings, time_labels

FIRST = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_readings_are_in_order_of_time_and_flagged_ones_are_marked() -> None:
    at = FIRST.timestamp()
    found = list_readings([(at, 0.5), (at + 5430, 0.125)], [(at + 3600, 0.9)])
    assert (found.first, found.minutes) == (at, 90.5)
    assert found.text == "0:50.0 60:90.0! 90.5:12.5"


def test_a_single_reading_has_an_axis_all_the_same() -> None:
    found = list_readings([], [(FIRST.timestamp(), 0.5)])
    assert (found.minutes, found.text) == (1.0, "0:50.0!")


def test_an_axis_of_time_is_named_at_its_quarters() -> None:
    assert time_labels(FIRST, FIRST + timedelta(hours=4)) == tuple(
        f"24 Nov {hour}:00" for hour in range(12, 17)
    )
    assert time_labels(FIRST, FIRST) == ("12:00:00",)
