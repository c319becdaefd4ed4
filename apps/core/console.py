"""What subcommands share: tables on a terminal, and files that may be piped in."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from apps.core.domain.csv_table import LONGEST_LINE
from apps.core.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

STDIN = "standard input"


@contextmanager
def open_lines(path: str) -> Iterator[tuple[Iterator[bytes], str]]:
    """Open a file for its lines, and say what to call it; `-` is standard input.

    A line that is too long comes in pieces that are too long.

    Raises:
        InvalidInputError: the file cannot be read.
    """
    if path == "-":
        yield _lines(sys.stdin.buffer), STDIN
        return
    try:
        with Path(path).open("rb") as file:
            yield _lines(file), path
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidInputError(f"{path}: {reason}") from error


def _lines(file: BinaryIO) -> Iterator[bytes]:
    return iter(lambda: file.readline(LONGEST_LINE + 1), b"")


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a table whose columns are aligned."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def number(value: float | None) -> str:
    """Write a number with four digits, and a dash where there is none."""
    return "-" if value is None else f"{value:.4g}"


def interval(low: float | None, high: float | None) -> str:
    """Write an interval, and a dash where there is none."""
    return "-" if low is None else f"{number(low)} to {number(high)}"


def printable(name: str) -> str:
    """Keep a name that holds control characters from steering the terminal."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)
