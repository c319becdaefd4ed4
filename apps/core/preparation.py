"""A database that any command finds ready, whichever command comes first."""

from __future__ import annotations

import hashlib
import sys
from contextlib import contextmanager
from io import StringIO
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from apps.core.errors import UnavailableError
from apps.core.servers.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOCK = 4_726_001  # any number that nothing else locks


def prepare_database() -> None:
    """Bring an embedded database up to date; a database of the user's is only checked.

    Progress goes to standard error. Several commands at once take turns.

    Raises:
        UnavailableError: the user's own database lacks migrations.
    """
    executor = MigrationExecutor(connection)
    leaves = executor.loader.graph.leaf_nodes()
    pending = len(executor.migration_plan(leaves))
    if not settings.USES_EMBEDDED_DATABASE:
        if pending:
            raise UnavailableError(
                f"The database lacks {pending} migrations: run `manage.py migrate`."
            )
        return
    marker = settings.VAR_DIR / "prepared"
    state = hashlib.sha256(repr(sorted(leaves)).encode()).hexdigest()
    if not pending and marker.exists() and marker.read_text() == state:
        return
    with _turn():
        _run_steps()
    marker.write_text(state)


def _run_steps() -> None:
    progress = Progress(sys.stderr)
    for step in settings.UP_STEPS:
        if step.command in settings.PREPARATION_COMMANDS:
            with progress.step(step.label):
                call_command(step.command, *step.arguments, stdout=StringIO())


@contextmanager
def _turn() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
