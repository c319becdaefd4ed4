"""Turns: locks of the database under a name, held until the transaction ends.

However it ends: a process that is killed leaves no lock behind.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from django.db import DatabaseError, connection

if TYPE_CHECKING:
    from collections.abc import Iterator


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


@contextmanager
def hold_turn(name: str) -> Iterator[bool]:
    """Take the turn, if nobody has it, for more than one transaction; say if so.

    It is the connection's: where that is lost, so is the turn.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [name])
        row = cursor.fetchone()
    is_held = bool(row and row[0])
    try:
        yield is_held
    finally:
        if is_held:
            # Not over the error of a connection that has let go of everything.
            with suppress(DatabaseError), connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name]
                )
