"""The database as pipelines use it: from an event loop, and for many commits."""

from __future__ import annotations

import asyncio
import time
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import structlog
from asgiref.sync import sync_to_async
from django.db import (
    DatabaseError,
    InterfaceError,
    OperationalError,
    close_old_connections,
    connection,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

P = ParamSpec("P")
T = TypeVar("T")

logger = structlog.get_logger(__name__)

_PAUSE_SECONDS = 0.5


@contextmanager
def unhurried_commits() -> Iterator[None]:
    """Have commits of this connection wait for no disk.

    For what is of no use until it is whole: if the machine fails, the last of them may
    be lost. The first commit after this waits for all of them.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
    try:
        yield
    finally:
        # Not over the error of a connection that is gone.
        with suppress(DatabaseError), connection.cursor() as cursor:
            cursor.execute("RESET synchronous_commit")


async def call(service: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a service or selector in the thread that owns the database connection."""
    return await sync_to_async(partial(service, *args, **kwargs))()


async def call_patiently(
    patience_seconds: float,
    service: Callable[P, T],
    /,
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """Do the same, and again while the database is away, for so long at most.

    Only for what may run twice: a commit whose answer was lost is repeated.

    Raises:
        OperationalError: the database stayed away.
    """
    until = time.monotonic() + patience_seconds
    while True:
        try:
            return await call(service, *args, **kwargs)
        except (OperationalError, InterfaceError) as error:
            if time.monotonic() > until:
                raise
            logger.warning("database_away", error=str(error).strip())
        await asyncio.sleep(_PAUSE_SECONDS)
        await call(close_old_connections)
