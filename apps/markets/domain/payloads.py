"""Reading the fields of a venue's answer: numbers are `Decimal`, times are UTC.

A field that is not there is None or empty. One that is there in a form that cannot be
read raises `PayloadError`, which names it: a price is never guessed.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_SHARE_PLACES = Decimal("1E-8")
_AMOUNT_PLACES = Decimal("1E-6")
# What the columns hold: 18 digits before the point.
_MOST = Decimal(10) ** 18
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHOWN = 60


class PayloadError(ValueError):
    """A field of an answer cannot be read; the message names it."""


def parse_json(content: str | bytes) -> object:
    """Parse JSON with every fraction as a `Decimal`.

    Raises:
        ValueError: it is not JSON, or has a number that is none, such as NaN.
    """
    return json.loads(content, parse_float=Decimal, parse_constant=_refuse_constant)


def read_object(value: object, where: str) -> Mapping[str, object]:
    """Return a JSON object.

    Raises:
        PayloadError: it is something else.
    """
    if not isinstance(value, dict):
        raise PayloadError(f"{where} is not an object: {_show(value)}")
    return value


def read_text(raw: Mapping[str, object], name: str, *, most: int = 0) -> str:
    """Return a text, or a number as text; "" where it is missing.

    It is cut after `most` characters, and is without what no database keeps: NUL, and
    halves of surrogates.

    Raises:
        PayloadError: it is neither.
    """
    value = raw.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise PayloadError(f"{name} is not a text: {_show(value)}")
    text = str(value).replace("\x00", "").strip()
    if not text.isascii():  # half of a pair of surrogates is no character
        text = text.encode(errors="replace").decode()
    return text[:most] if most else text


def require_text(raw: Mapping[str, object], name: str, *, most: int) -> str:
    """Return a text that has to be there, and that no cut may change.

    Raises:
        PayloadError: it is missing, or longer than `most`.
    """
    text = read_text(raw, name)
    if not text:
        raise PayloadError(f"{name} is missing")
    if len(text) > most:
        raise PayloadError(f"{name} is longer than {most} characters: {_show(text)}")
    return text


def to_number(value: object, where: str) -> Decimal | None:
    """Return a number that came as a number or as a text; None where there is none.

    Raises:
        PayloadError: it is no finite number.
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise PayloadError(f"{where} is not a number: {_show(value)}")
    try:
        number = Decimal(value)
    except InvalidOperation as error:
        raise PayloadError(f"{where} is not a number: {_show(value)}") from error
    if not number.is_finite():
        raise PayloadError(f"{where} is not a finite number: {_show(value)}")
    return number


def to_share(value: object, where: str) -> Decimal | None:
    """Return a number between 0 and 1, with eight places.

    Raises:
        PayloadError: it is no number, or out of range.
    """
    number = to_number(value, where)
    if number is None:
        return None
    if not 0 <= number <= 1:
        raise PayloadError(f"{where} is not between 0 and 1: {_show(value)}")
    return number.quantize(_SHARE_PLACES).normalize()


def read_share(raw: Mapping[str, object], name: str) -> Decimal | None:
    """Return a field between 0 and 1, with eight places.

    Raises:
        PayloadError: it is no number, or out of range.
    """
    return to_share(raw.get(name), name)


def read_amount(raw: Mapping[str, object], *names: str) -> Decimal | None:
    """Return the first of these fields that is there, with six places.

    Raises:
        PayloadError: it is no number, or beyond what a column holds.
    """
    for name in names:
        number = to_number(raw.get(name), name)
        if number is None:
            continue
        if abs(number) >= _MOST:
            raise PayloadError(f"{name} is beyond all measure: {_show(number)}")
        return number.quantize(_AMOUNT_PLACES)
    return None


def read_flag(raw: Mapping[str, object], name: str) -> bool:
    """Return a yes or no; no where it is missing.

    Raises:
        PayloadError: it is something else.
    """
    value = raw.get(name)
    if value is None:
        return False
    if not isinstance(value, bool):
        raise PayloadError(f"{name} is neither true nor false: {_show(value)}")
    return value


def read_list(raw: Mapping[str, object], name: str) -> list[object]:
    """Return an array, or one that came as a JSON-encoded text; [] where missing.

    Raises:
        PayloadError: it is neither.
    """
    value = raw.get(name)
    if value is None or value == "":
        return []
    if isinstance(value, str):
        try:
            value = parse_json(value)
        except ValueError as error:
            raise PayloadError(f"{name} is not a list: {_show(raw[name])}") from error
    if not isinstance(value, list):
        raise PayloadError(f"{name} is not a list: {_show(value)}")
    return value


def read_moment(raw: Mapping[str, object], *names: str) -> datetime | None:
    """Return the first of these times that is there, in UTC.

    Reads ISO 8601 and what PostgreSQL prints, `2026-03-19 23:20:15+00`.

    Raises:
        PayloadError: it is no time.
    """
    for name in names:
        text = read_text(raw, name)
        if not text:
            continue
        try:
            moment = datetime.fromisoformat(text)
            return (
                moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
            )
        except (ValueError, OverflowError) as error:
            raise PayloadError(f"{name} is not a time: {_show(text)}") from error
    return None


def read_milliseconds(raw: Mapping[str, object], name: str) -> datetime | None:
    """Return a time that came as milliseconds since 1970, as number or text.

    Raises:
        PayloadError: it is no time.
    """
    number = to_number(raw.get(name), name)
    if number is None:
        return None
    try:
        return _EPOCH + timedelta(milliseconds=int(number))
    except OverflowError as error:
        raise PayloadError(f"{name} is not a time: {_show(number)}") from error


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not a number of JSON")


def _show(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
