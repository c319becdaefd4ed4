"""The chain of an experiment's predictions: what is hashed, and what breaks it.

The hash of a prediction is the SHA-256 of its content in the canonical form of RFC
8785 (JSON, keys sorted, no spaces, UTF-8), with its place in the experiment and the
hash of its predecessor among the content. `docs/reference/prediction-chain.md` says
the same to whoever wants to recompute it from an export.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Content:
    """All that a prediction says, under the names that its columns have."""

    id: UUID
    experiment_id: UUID
    sequence: int
    market_id: UUID
    outcome: int
    probability: Decimal
    confidence: Decimal | None
    market_price: Decimal
    market_bid: Decimal | None
    market_ask: Decimal | None
    market_flags: int
    market_quoted_at: datetime
    market_price_shown: Decimal | None
    reasoning: str
    cost: Decimal | None
    provenance: Mapping[str, object]
    reference: str
    created_at: datetime
    previous_hash: str


# In the order of the class, which is how a row of them is read.
FIELDS = tuple(Content.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Link:
    """A prediction as it stands in its chain: what it says, and its own hash."""

    content: Content
    content_hash: str


class BreakKind(StrEnum):
    """What is wrong at one place of a chain."""

    EDITED = "edited"  # the row says something else than its hash
    MISSING = "missing"  # a place of the sequence is empty
    REORDERED = "reordered"  # the row stands at another place than it was put
    REPLACED = "replaced"  # the row is whole, but not the one that the next one knows
    HEAD_MISMATCH = "head_mismatch"  # the experiment knows another end of its chain
    BACKDATED = "backdated"  # older than the row before it
    QUOTED_LATER = "quoted_later"  # the price is younger than the prediction


@dataclass(frozen=True, slots=True)
class Break:
    """The first place at which a chain does not hold."""

    kind: BreakKind
    sequence: int
    prediction_id: UUID | None
    what: str


@dataclass(frozen=True, slots=True)
class Head:
    """What an experiment knows of the end of its chain."""

    predictions: int
    content_hash: str


def canonical(content: Content) -> bytes:
    """Return the bytes that are hashed: the canonical JSON of RFC 8785.

    Amounts are text in full, without an exponent and without idle zeros; times are
    ISO 8601 in UTC with six digits of the second and `Z`. Numbers within the
    provenance are text as well, since a database may write 1e2 as 100.
    """
    plain = _sorted({name: getattr(content, name) for name in FIELDS})
    for name in ("sequence", "outcome", "market_flags"):
        plain[name] = getattr(content, name)
    text = json.dumps(plain, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode()


def content_hash(content: Content) -> str:
    """Return the hash that this content has at its place, in hexadecimal."""
    return hashlib.sha256(canonical(content)).hexdigest()


def find_break(links: Iterable[Link], head: Head) -> Break | None:
    """Walk a chain from its first link and return the first break.

    Args:
        links: in the order of their sequence; read once, one at a time.
        head: what the experiment knows of the end.
    """
    place, before = 0, None
    for link in links:
        place += 1
        broken = (
            _find_wrong_place(link, place)
            or _find_wrong_content(link, before, head)
            or _find_wrong_time(link.content, before)
        )
        if broken is not None:
            return broken
        before = link
    return _find_wrong_end(place, before, head)


def _find_wrong_place(link: Link, place: int) -> Break | None:
    found = link.content.sequence
    if found == place:
        return None
    if found > place:
        what = f"no prediction {place}; the next one is {found}"
        return Break(BreakKind.MISSING, place, None, what)
    what = f"two predictions stand at place {found}"
    return Break(BreakKind.REORDERED, found, link.content.id, what)


def _find_wrong_content(link: Link, before: Link | None, head: Head) -> Break | None:
    content = link.content
    follows = content.previous_hash == ("" if before is None else before.content_hash)
    is_whole = content_hash(content) == link.content_hash
    if is_whole and follows:
        return None
    if is_whole:
        known = content if before is None else before.content
        what = f"prediction {content.sequence} was made after another one than this"
        return Break(BreakKind.REPLACED, known.sequence, known.id, what)
    if not follows:
        true_place = _find_true_place(link, head.predictions)
        if true_place is not None:
            what = f"it was made as prediction {true_place}"
            return Break(BreakKind.REORDERED, content.sequence, content.id, what)
    what = "its content does not have the hash that was given to it"
    return Break(BreakKind.EDITED, content.sequence, content.id, what)


def _find_true_place(link: Link, most: int) -> int | None:
    """Return the place at which a row's hash is right, None where there is none."""
    from_here = link.content
    for place in range(1, most + 1):
        if content_hash(_at_place(from_here, place)) == link.content_hash:
            return place
    return None


def _at_place(content: Content, place: int) -> Content:
    values = {name: getattr(content, name) for name in FIELDS}
    return Content(**{**values, "sequence": place})


def _find_wrong_time(content: Content, before: Link | None) -> Break | None:
    if before is not None and content.created_at < before.content.created_at:
        what = (
            f"{_time(content.created_at)} is before its predecessor's"
            f" {_time(before.content.created_at)}"
        )
        return Break(BreakKind.BACKDATED, content.sequence, content.id, what)
    if content.market_quoted_at > content.created_at:
        what = (
            f"its price of {_time(content.market_quoted_at)} is younger than it:"
            f" {_time(content.created_at)}"
        )
        return Break(BreakKind.QUOTED_LATER, content.sequence, content.id, what)
    return None


def _find_wrong_end(place: int, last: Link | None, head: Head) -> Break | None:
    if place < head.predictions:
        what = f"the experiment knows {head.predictions}, and {place} are there"
        return Break(BreakKind.MISSING, place + 1, None, what)
    end = "" if last is None else last.content_hash
    if place == head.predictions and end == head.content_hash:
        return None
    what = (
        f"the experiment knows {head.predictions} that end with"
        f" {head.content_hash or 'nothing'}; {place} end with {end or 'nothing'}"
    )
    last_id = None if last is None else last.content.id
    return Break(BreakKind.HEAD_MISMATCH, place, last_id, what)


def _sorted(values: Mapping[str, object]) -> dict[str, object]:
    """Return an object with its keys in the order of their UTF-16 (RFC 8785, 3.2.3)."""
    keys = sorted(values, key=lambda key: key.encode("utf-16-be"))
    return {key: _plain(values[key]) for key in keys}


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return _sorted(value)
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    return _plain_scalar(value)


def _plain_scalar(value: object) -> object:
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, datetime):
        return _time(value)
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, (int, float, Decimal)):
        return _amount(value if isinstance(value, Decimal) else Decimal(repr(value)))
    raise TypeError(f"{type(value).__name__} has no place in a prediction")


def _amount(value: Decimal) -> str:
    if not value.is_finite():
        raise ValueError(f"{value} has no place in a prediction")
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in {"-0", ""} else text


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
