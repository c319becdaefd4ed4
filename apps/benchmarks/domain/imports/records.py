"""JSON records of a file, each of which knows where it stands."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NoReturn

from apps.core.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_BYTES: Final = 64 * 1024 * 1024  # of a file, also once unpacked
MAX_RECORDS: Final = 100_000
MAX_NAME: Final = 200  # characters of a task's id, as the database holds it

_GZIP_MAGIC: Final = b"\x1f\x8b"
_SHOWN: Final = 80
_WHITE_SPACE: Final = " \t\r\n"


@dataclass(frozen=True, slots=True)
class Record:
    """One JSON object of a file; its errors say where it stands."""

    where: str
    fields: Mapping[str, object]

    def fail(self, reason: str) -> NoReturn:
        """Refuse the record.

        Raises:
            InvalidInputError: always, with the place and the reason.
        """
        raise InvalidInputError(f"{self.where}: {reason}")

    def value(self, name: str) -> object:
        """Return a field that must be there.

        Raises:
            InvalidInputError: it is not.
        """
        if name not in self.fields:
            self.fail(f"field {name!r} is missing")
        return self.fields[name]

    def text(self, name: str) -> str:
        """Return a field that must be text with something in it.

        Raises:
            InvalidInputError: it is missing, blank, or of another type.
        """
        value = self.value(name)
        if not isinstance(value, str):
            self.fail(f"field {name!r} must be text, not {_type_name(value)}")
        if not value.strip():
            self.fail(f"field {name!r} is empty")
        return value

    def optional_text(self, name: str) -> str:
        """Return a text field, or "" where it is missing, null or blank.

        Raises:
            InvalidInputError: it is of another type.
        """
        value = self.fields.get(name)
        return "" if value is None or value == "" else self.text(name)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a field that must be a list of texts, which may be empty.

        Raises:
            InvalidInputError: it is missing or of another type.
        """
        value = self.value(name)
        if not isinstance(value, list):
            self.fail(f"field {name!r} must be a list, not {_type_name(value)}")
        for item in value:
            if not isinstance(item, str):
                self.fail(f"field {name!r} must hold texts, not {_type_name(item)}")
        return tuple(value)

    def name(self, name: str) -> str:
        """Return a field that names something: a short printable text or an integer.

        Raises:
            InvalidInputError: it is missing, of another type, too long, or holds
                what cannot be printed.
        """
        value = self.value(name)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            self.fail(
                f"field {name!r} must be text or an integer, not {_type_name(value)}"
            )
        if not value.strip() or not value.isprintable() or len(value) > MAX_NAME:
            self.fail(f"field {name!r} must be 1 to {MAX_NAME} printable characters")
        return value


def read_text(content: bytes) -> str:
    """Return the text of a file, unpacked first where it is gzipped.

    Raises:
        InvalidInputError: it is too large, damaged, or not UTF-8.
    """
    raw = _unpacked(content) if content.startswith(_GZIP_MAGIC) else content
    if len(raw) > MAX_BYTES:
        raise InvalidInputError(f"the file holds more than {MAX_BYTES >> 20} MiB")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InvalidInputError(f"line {line}: not UTF-8") from None


def _unpacked(content: bytes) -> bytes:
    # Read one byte beyond the bound and no more, so that a file which unpacks to
    # gigabytes costs no more than one that is refused for its plain size.
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
            return packed.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InvalidInputError(f"the file is not valid gzip: {error}") from None


def json_lines(text: str) -> Iterator[Record]:
    """Yield the JSON objects of a text that has one on each line, or nothing.

    Raises:
        InvalidInputError: a line is not a JSON object, or there are none or too many.
    """
    count = 0
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip(_WHITE_SPACE):
            continue
        count += 1
        where = f"line {number}"
        if count > MAX_RECORDS:
            raise InvalidInputError(f"{where}: more than {MAX_RECORDS} records")
        try:
            value = _DECODER.decode(line)
        except (ValueError, RecursionError) as error:
            raise InvalidInputError(f"{where}: {_json_fault(error)}") from None
        yield _record(where, value)
    if not count:
        raise InvalidInputError("line 1: the file holds no record")


def json_array(text: str) -> Iterator[Record]:
    """Yield the objects of a text that is one JSON array.

    Raises:
        InvalidInputError: it is no array of objects, or has none or too many.
    """
    place = _Place(text)
    if not place.take("["):
        raise InvalidInputError(f"line {place.line}: expected a JSON array, '['")
    if place.take("]"):
        raise InvalidInputError(f"line {place.line}: the array holds no record")
    for index in range(MAX_RECORDS + 1):
        place.skip()
        where = f"line {place.line} (element {index})"
        if index == MAX_RECORDS:
            raise InvalidInputError(f"{where}: more than {MAX_RECORDS} records")
        yield _record(where, place.value(where))
        if place.take("]"):
            break
        if not place.take(","):
            raise InvalidInputError(f"line {place.line}: expected ',' or ']'")
    place.skip()
    if place.at < len(text):
        raise InvalidInputError(f"line {place.line}: more follows the array")


class _Place:
    """Where the reading of a text has come to, with the number of its line."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.at = 0
        self.line = 1

    def take(self, character: str) -> bool:
        """Step over a character, if it is the next that is not white space."""
        self.skip()
        found = self._text.startswith(character, self.at)
        if found:
            self.at += 1
        return found

    def skip(self) -> None:
        """Step over white space."""
        end = self.at
        while end < len(self._text) and self._text[end] in _WHITE_SPACE:
            end += 1
        self._move(end)

    def value(self, where: str) -> object:
        """Read one JSON value."""
        try:
            value, end = _DECODER.raw_decode(self._text, self.at)
        except json.JSONDecodeError as error:
            self._move(error.pos)
            raise InvalidInputError(f"line {self.line}: {_json_fault(error)}") from None
        except (ValueError, RecursionError) as error:
            raise InvalidInputError(f"{where}: {_json_fault(error)}") from None
        self._move(end)
        return value

    def _move(self, end: int) -> None:
        self.line += self._text.count("\n", self.at, end)
        self.at = end


def _record(where: str, value: object) -> Record:
    if not isinstance(value, dict):
        raise InvalidInputError(
            f"{where}: expected a JSON object, not {_type_name(value)}"
        )
    return Record(where, value)


def shown(text: str) -> str:
    """Return foreign text as a reason names it: one line, and not at any length."""
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")


def _type_name(value: object) -> str:
    if value is None:
        return "null"
    names = {bool: "true or false", dict: "an object", list: "a list", str: "text"}
    return names.get(type(value), "a number")


def _json_fault(error: ValueError | RecursionError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"not valid JSON: {error.msg} (column {error.colno})"
    if isinstance(error, RecursionError):
        return "not valid JSON: nested too deeply"
    return f"not valid JSON: {error}"


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {shown(key)} stands twice")
        found[key] = value
    return found


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)
