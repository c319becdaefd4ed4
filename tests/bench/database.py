"""The database that benchmarks fill: made new each time, gone with the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.management import call_command
from django.db import connection

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID


def create_tables() -> None:
    """Bring the new database to the present."""
    call_command("migrate", verbosity=0)


def execute(
    sql: str, parameters: Mapping[str, UUID | int | datetime] | None = None
) -> None:
    """Run one statement."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
