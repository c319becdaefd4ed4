"""Months of a real partitioned table come and go."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection

from apps.core.partitions import (
    drop_months_before,
    ensure_months,
    months_back,
    months_from,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def table() -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE calls (at timestamptz NOT NULL) PARTITION BY RANGE (at)"
        )
    ensure_months("calls", months_from(date(2026, 8, 31), 3))
    return "calls"


def count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608
        found: int = cursor.fetchone()[0]
    return found


def test_a_month_is_dropped_when_all_of_it_is_too_old(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO calls VALUES ('2026-08-05Z'), ('2026-08-31 23:59:59Z'), "
            "('2026-09-01Z'), ('2026-11-24Z')"
        )
    assert drop_months_before(table, date(2026, 8, 31)) == ()
    assert drop_months_before(table, date(2026, 9, 1)) == ("calls_2026_08",)
    assert (count(table), drop_months_before(table, date(2026, 9, 1))) == (2, ())


def test_months_ahead_are_made_once(table: str) -> None:
    ensure_months(table, months_from(date(2026, 11, 24), 2))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits "
            "WHERE inhparent = 'calls'::regclass ORDER BY 1"
        )
        months = [name for (name,) in cursor.fetchall()]
    assert months == [f"calls_2026_{n:02}" for n in range(8, 13)] + ["calls_2027_01"]


def test_a_table_name_that_is_no_identifier_drops_nothing() -> None:
    with pytest.raises(ValueError, match="drop table"):
        drop_months_before("x; drop table y", date(2026, 1, 1))


@pytest.mark.parametrize(
    ("count", "month"),
    [(0, (2026, 11)), (10, (2026, 1)), (11, (2025, 12)), (24, (2024, 11))],
)
def test_months_are_counted_back_over_years(count: int, month: tuple[int, int]) -> None:
    assert months_back(date(2026, 11, 24), count) == date(*month, 1)
