"""A published file becomes a suite: read whole, then stored in one transaction."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from apps.benchmarks.domain.imports import PARSERS
from apps.benchmarks.domain.imports.records import MAX_BYTES
from apps.benchmarks.domain.storable import storable_line
from apps.benchmarks.selectors.suites import SYSTEM, get_suite_version
from apps.benchmarks.services.starter import STARTER_SLUG
from apps.benchmarks.services.suites import store_suite_version
from apps.core.errors import ConflictError, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

_SLUG: Final = re.compile(r"[A-Za-z0-9_-]{1,100}")
_Parsed = TypeVar("_Parsed")


@dataclass(frozen=True, slots=True)
class ImportedSuite:
    """What an import came to."""

    suite: str
    version_id: UUID
    tasks: int
    is_new: bool  # False: the suite already had a version with these tasks
    is_newest: bool  # False: a later version of the suite has other tasks


def import_suite(path: str, *, form: str, slug: str, now: datetime) -> ImportedSuite:
    """Store the tasks of a published file as a version of a suite.

    Importing the same tasks again stores nothing; other tasks make a new version.

    Args:
        path: The file.
        form: Its format, a key of `domain.imports.PARSERS`.
        slug: The suite, made if there is none of that name.
        now: When the version is made.

    Raises:
        InvalidInputError: the file cannot be read or is malformed, or the name is
            not fit for a suite. Nothing is stored then.
        ConflictError: the suite's tasks are drawn, not imported.
    """
    if not _SLUG.fullmatch(slug):
        raise InvalidInputError(
            f"suite {slug!r}: a name has 1 to 100 letters, digits, '-' or '_'"
        )
    if slug == STARTER_SLUG:
        # An import would mix another benchmark into its leaderboard.
        raise ConflictError(f"suite {slug!r} is drawn by seed; import into another one")
    specs = read_file(path, PARSERS[form])
    version_id, is_new = store_suite_version(
        slug=slug,
        title=slug,
        specs=specs,
        now=now,
        source=storable_line(f"{form}: {Path(path).name}", most=200),
    )
    newest = get_suite_version(SYSTEM, slug)
    return ImportedSuite(
        slug, version_id, len(specs), is_new, is_newest=newest.id == version_id
    )


def read_file(path: str, parse: Callable[[bytes], _Parsed]) -> _Parsed:
    """Read a file and parse it; an error begins with the file's name.

    Raises:
        InvalidInputError: it cannot be read, is too large, or does not parse.
    """
    try:
        with Path(path).open("rb") as file:
            # One byte more than the parser takes: it refuses the file, and a file
            # without end is not read to its end.
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidInputError(f"{path}: {reason}") from error
    try:
        return parse(content)
    except InvalidInputError as error:
        raise InvalidInputError(f"{path}: {error}") from error
