"""The form of API keys: a name for the power, randomness, and a checksum.

A key is `assay_rw_` or `assay_ro_`, 27 characters drawn from 62 (160.7 bits), and the
CRC-32 of all that in 6 more. Scanners for secrets find it by `KEY_PATTERN`, and a
client can tell a typo from a refusal without asking anybody.
"""

from __future__ import annotations

import hashlib
import re
import string
import zlib
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
RANDOM_LETTERS = 27
CHECKSUM_LETTERS = 6
# What a caller draws the random part from: 62 ** 27 is more than 2 ** 160.
DRAWN_BELOW = len(ALPHABET) ** RANDOM_LETTERS
KEY_PATTERN = r"\bassay_(?:rw|ro)_[0-9A-Za-z]{33}\b"
_WHOLE = re.compile(r"assay_(rw|ro)_[0-9A-Za-z]{33}", re.ASCII)
LAST_LETTERS = 4
# Two letters at once: a checksum is written at every call.
_PAIRS = tuple(first + second for first in ALPHABET for second in ALPHABET)


class KeyPower(StrEnum):
    """What the prefix of a key says that it may do at most."""

    READ_WRITE = "rw"
    READ_ONLY = "ro"


class Scope(StrEnum):
    """One thing that a key may be used for."""

    READ = "read"  # what the public API shows to the workspace
    RUNS_WRITE = "runs:write"  # start runs
    PREDICTIONS_WRITE = "predictions:write"  # begin experiments, record predictions
    ACCOUNT_READ = "account:read"  # members, usage, subscription, credentials' names
    ACCOUNT_WRITE = "account:write"  # change them; never keys

    @property
    def is_write(self) -> bool:
        """Whether something can be changed with it."""
        return self.value.endswith(":write")


def make_key(power: KeyPower, drawn: int) -> str:
    """Return the key whose random part is `drawn`, a number below `DRAWN_BELOW`.

    Raises:
        ValueError: the number is out of bounds.
    """
    if not 0 <= drawn < DRAWN_BELOW:
        raise ValueError("the number drawn is out of bounds")
    start = f"assay_{power.value}_{_to_base62(drawn, RANDOM_LETTERS)}"
    return start + _checksum(start)


def is_well_formed(text: str) -> bool:
    """Return whether a text has the form of a key and the checksum that it needs."""
    if _WHOLE.fullmatch(text) is None:
        return False
    start, checksum = text[:-CHECKSUM_LETTERS], text[-CHECKSUM_LETTERS:]
    return checksum == _checksum(start)


def digest_of(text: str) -> str:
    """Return the SHA-256 of a key, in hexadecimal: all that is ever stored of it.

    A fast hash is enough where the secret has 160 bits that nobody chose.
    """
    return hashlib.sha256(text.encode()).hexdigest()


def power_of(text: str) -> KeyPower:
    """Return the power that a well-formed key names."""
    return KeyPower(text.split("_")[1])


def known_scopes(names: Iterable[str]) -> tuple[Scope, ...]:
    """Return the scopes of these names, without those of another version."""
    known = {scope.value: scope for scope in Scope}
    return tuple(known[name] for name in names if name in known)


def forbidden_scopes(power: KeyPower, scopes: frozenset[Scope]) -> frozenset[Scope]:
    """Return those of the scopes that a key of this power can never carry."""
    if power is KeyPower.READ_WRITE:
        return frozenset()
    return frozenset(scope for scope in scopes if scope.is_write)


def _checksum(start: str) -> str:
    return _to_base62(zlib.crc32(start.encode()), CHECKSUM_LETTERS)


def _to_base62(number: int, letters: int) -> str:
    written = ""
    for _ in range((letters + 1) // 2):
        number, place = divmod(number, len(_PAIRS))
        written = _PAIRS[place] + written
    return written[-letters:]
