"""Turns: locks of the database under a name, held until the transaction ends.

However it ends: a process that is killed leaves no lock behind.
"""

from __future__ import annotations

from django.db import connection


def try_turn(name: str) -> bool:
    """Take the turn where nobody has it; return whether it was taken."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [name]
        )
        row = cursor.fetchone()
    return bool(row and row[0])


def await_turn(name: str) -> None:
    """Take the turn, after whoever has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
