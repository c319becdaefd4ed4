from __future__ import annotations

import pytest
from django.core.cache import cache
from django.db import connection


@pytest.mark.django_db
def test_the_database_of_the_tests_is_the_embedded_postgresql() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        assert int(cursor.fetchone()[0]) >= 180000
        cursor.execute("SHOW fsync")
        assert cursor.fetchone() == ("off",)


def test_the_cache_of_the_tests_is_the_embedded_valkey() -> None:
    cache.set("greeting", "hello", timeout=10)
    assert cache.get("greeting") == "hello"
