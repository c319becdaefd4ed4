"""Arguments that several subcommands take."""

from __future__ import annotations

import argparse

# What is cut off a text that stands in a table.
WIDEST = 70


def positive(text: str) -> int:
    """Read a number above 0.

    Raises:
        ArgumentTypeError: it is none.
    """
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return number


def shorten(text: str) -> str:
    """Return foreign text as one line that shapes no terminal, cut where it is long."""
    line = "".join(character if character.isprintable() else " " for character in text)
    return line if len(line) <= WIDEST else f"{line[: WIDEST - 1]}…"
