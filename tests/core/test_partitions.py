from __future__ import annotations

from datetime import date

import pytest

from apps.core.partitions import ensure_months, month_of, next_month


@pytest.mark.parametrize(
    ("day", "after"),
    [
        (date(2026, 1, 31), date(2026, 2, 1)),
        (date(2026, 11, 2), date(2026, 12, 1)),
        (date(2026, 12, 31), date(2027, 1, 1)),
    ],
)
def test_the_month_after_follows_the_calendar(day: date, after: date) -> None:
    assert next_month(month_of(day)) == after


def test_a_table_name_that_is_no_identifier_is_refused() -> None:
    with pytest.raises(ValueError, match="drop table"):
        ensure_months("x; drop table y", [date(2026, 1, 1)])
