"""The `.json` and `.csv` twins of a page."""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Flag
from operator import attrgetter
from typing import TYPE_CHECKING
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.utils.text import slugify

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# A spreadsheet takes a cell that begins so for a formula; the last signs are the
# full-width forms of the first.
_FORMULA_STARTS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_BLANKS = ("\t", "\r", "\n")


def decimal_text(amount: Decimal) -> str:
    """Write an amount in full, without an exponent and without idle zeros."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def time_text(moment: datetime) -> str:
    """Write a moment in ISO 8601, in UTC, with `Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def flag_words(flags: Flag) -> list[str]:
    """Return the flags that are set, by name in lower case."""
    return [(one.name or "").lower() for one in flags]


def plain(value: object) -> object:
    """Return a frozen row as JSON can carry it: decimals as text, NaN as null."""
    if is_dataclass(value) and not isinstance(value, type):
        return {part.name: plain(getattr(value, part.name)) for part in fields(value)}
    if isinstance(value, dict):
        return {str(name): plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    return flag_words(value) if isinstance(value, Flag) else _plain_scalar(value)


def _plain_scalar(value: object) -> object:
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, datetime):
        return time_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return str(value) if isinstance(value, UUID) else value


def json_response(body: object) -> JsonResponse:
    """Return a row, or rows, as one JSON document."""
    return JsonResponse(plain(body), safe=False, json_dumps_params={"allow_nan": False})


def safe_cell(value: object) -> object:
    """Return a cell that no spreadsheet will run; numbers stay numbers."""
    if isinstance(value, str):
        risky = value.startswith(_BLANKS) or value.lstrip().startswith(_FORMULA_STARTS)
        return f"'{value}" if risky else value
    if isinstance(value, Flag):
        return " ".join(flag_words(value))
    if isinstance(value, (dict, list, tuple)):
        # A cell has no parts: they are told as JSON, which no spreadsheet runs.
        return json.dumps(plain(value), ensure_ascii=False, allow_nan=False)
    return "" if value is None else _plain_scalar(value)


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a CSV document (RFC 4180) with its header."""
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(header)
    writer.writerows([safe_cell(value) for value in row] for row in rows)
    return target.getvalue()


def csv_response(
    name: str,
    columns: Sequence[str],
    rows: Iterable[object],
    *,
    next_url: str = "",
) -> HttpResponse:
    """Return rows as a CSV file; `columns` are names of their attributes.

    Of `part.attribute`, an attribute of a part, the last name is the column's.
    `next_url` leads to the rows that follow.
    """
    readers = [attrgetter(column) for column in columns]
    cells = ([read(row) for read in readers] for row in rows)
    header = [column.rpartition(".")[2] for column in columns]
    return _as_file(name, csv_text(header, cells), next_url)


def csv_record(name: str, record: Mapping[str, object]) -> HttpResponse:
    """Return one thing as a CSV file of one row, its fields by name."""
    return _as_file(name, csv_text(list(record), [list(record.values())]))


def _as_file(name: str, text: str, next_url: str = "") -> HttpResponse:
    response = HttpResponse(text, content_type="text/csv")
    response["Content-Disposition"] = f'attachment; filename="{slugify(name)}.csv"'
    if next_url:
        response["Link"] = f'<{next_url}>; rel="next"'
    return response
