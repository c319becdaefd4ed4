"""Random arguments for the calls of a check."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

WORDS = (
    "amber", "basil", "cedar", "delta", "ember", "fable", "grove", "harbor", "iris",
    "jungle", "kettle", "lemon", "maple", "nectar", "olive", "pepper", "quartz",
    "river", "saddle", "timber", "umbra", "velvet", "willow", "yonder", "zephyr",
)  # fmt: skip


def integer(rng: random.Random, low: int = -50, high: int = 50) -> int:
    """Draw one integer, both bounds included."""
    return rng.randint(low, high)


def integers(
    rng: random.Random, low: int = -50, high: int = 50, *, least: int = 0, most: int = 9
) -> list[int]:
    """Draw a list of integers, at least `least` and at most `most` of them."""
    return [rng.randint(low, high) for _ in range(rng.randint(least, most))]


def words(rng: random.Random, *, least: int = 0, most: int = 6) -> list[str]:
    """Draw a list of words, in which a word may occur more than once."""
    return rng.choices(WORDS, k=rng.randint(least, most))


def sentence(rng: random.Random, *, least: int = 1, most: int = 6) -> str:
    """Draw words that are separated by single spaces."""
    return " ".join(words(rng, least=least, most=most))


def letters(rng: random.Random, alphabet: str = "", *, most: int = 12) -> str:
    """Draw a string over an alphabet, by default the ASCII letters."""
    pool = alphabet or string.ascii_letters
    return "".join(rng.choices(pool, k=rng.randint(0, most)))
