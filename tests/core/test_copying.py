from __future__ import annotations

import math
from uuid import UUID

import numpy as np
import pytest
from django.db import connection

from apps.core.copying import copy_columns, to_uuid_array

pytestmark = pytest.mark.django_db
IDS = [UUID(int=1), UUID(int=2**128 - 1), UUID("019ad6a0-0000-7000-8000-000000000000")]


def test_every_kind_comes_out_of_the_table_as_it_went_in() -> None:
    columns = {
        "id": to_uuid_array(IDS),
        "price": np.array([0.1, math.nan, -math.inf]),
        "flags": np.array([0, -1, 2**31 - 1], dtype=np.int32),
        "code": np.array([0, 1, -5], dtype=np.int8),
        "is_open": np.array([True, False, True]),
    }
    copy_columns("given", columns)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, NULLIF(price, 'NaN'), flags, code, is_open FROM given"
        )
        rows = cursor.fetchall()
    assert rows == [
        (IDS[0], 0.1, 0, 0, True),
        (IDS[1], None, -1, 1, False),
        (IDS[2], -math.inf, 2**31 - 1, -5, True),
    ]


def test_no_rows_are_a_table_without_any() -> None:
    copy_columns("given", {"id": to_uuid_array([]), "price": np.array([])})
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM given")
        assert cursor.fetchone() == (0,)


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match=r"columns of \[1, 2\] rows"):
        copy_columns("given", {"a": np.zeros(1), "b": np.zeros(2)})
