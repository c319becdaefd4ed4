"""What people may write: names of workspaces and e-mail addresses."""

from __future__ import annotations

import re
import unicodedata

MOST_NAME = 100
MOST_ADDRESS = 254
# Controls, and the marks that turn the direction of writing: a name could pose as
# another with them. Joiners are left, since scripts and emoji need them.
_UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)
# A letter for any of them would be a letter for another one: see `clean_address`.
_ADDRESS = re.compile(
    r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@"
    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]",
    re.ASCII,
)


def clean_name(text: str) -> str:
    """Return a name as it is stored: in one line, in one form of Unicode.

    Raises:
        ValueError: it is empty, too long, holds letters that nobody sees, or an
            address of a page, which an invitation would carry to strangers.
    """
    if len(text) > 4 * MOST_NAME:
        raise ValueError(f"A name has at most {MOST_NAME} letters.")
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not name:
        raise ValueError("A name has at least one letter.")
    if len(name) > MOST_NAME:
        raise ValueError(f"A name has at most {MOST_NAME} letters.")
    if _UNSEEN.search(name):
        raise ValueError("A name holds no control characters.")
    if "://" in name:
        raise ValueError("A name holds no address of a page.")
    return name


def clean_address(text: str) -> str:
    """Return an e-mail address as it is compared: in small letters, all of them ASCII.

    A domain in other letters has its ASCII form (`xn--…`), in which none looks like
    another.

    Raises:
        ValueError: it is no such address.
    """
    address = text.strip().lower() if text.isascii() else ""
    if len(address) > MOST_ADDRESS or not _ADDRESS.fullmatch(address):
        raise ValueError(
            f"{text[:60]!r} is no e-mail address in plain letters (ASCII)."
        )
    return address
