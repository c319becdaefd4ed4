"""Whether a JSON answer has its form, and holds the truth that was planted."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final

from jsonschema import Draft202012Validator

if TYPE_CHECKING:
    from apps.benchmarks.domain.specs import StructuredCheck

_RELATIVE: Final = 1e-9
_SHOWN: Final = 120


def schema_fault(check: StructuredCheck, document: object) -> str:
    """Return where and how `document` breaks the schema, "" where it does not."""
    validator = Draft202012Validator(dict(check.schema))
    error = next(iter(validator.iter_errors(document)), None)
    if error is None:
        return ""
    where = ascii(error.json_path)[1:-1][:_SHOWN]
    return f"at {where}: breaks '{error.validator}'"


def matching_keys(check: StructuredCheck, document: object) -> dict[str, bool]:
    """Return, for each key of the truth, whether the document has its value.

    Numbers are equal as JSON has them (1 is 1.0), to a relative 1e-9; a list named
    in `unordered` is compared as a set.
    """
    found = document if isinstance(document, dict) else {}
    return {
        key: key in found and _same(value, found[key], unordered=key in check.unordered)
        for key, value in check.truth.items()
    }


def _same(expected: Any, actual: Any, *, unordered: bool = False) -> bool:
    if unordered and isinstance(expected, (list, tuple)) and isinstance(actual, list):
        return {_canonical(e) for e in expected} == {_canonical(a) for a in actual}
    match expected, actual:
        case (bool(), _) | (_, bool()):
            same = expected is actual
        case (int() | float(), int() | float()):
            same = _same_number(expected, actual)
        case (list() | tuple(), list()):
            same = len(expected) == len(actual) and all(map(_same, expected, actual))
        case (dict(), dict()):
            same = expected.keys() == actual.keys() and all(
                _same(value, actual[key]) for key, value in expected.items()
            )
        case _:
            same = type(expected) is type(actual) and bool(expected == actual)
    return same


def _same_number(expected: float, actual: float) -> bool:
    if expected == actual:
        return True
    if isinstance(expected, int) and isinstance(actual, int):
        return False
    try:
        return math.isclose(expected, actual, rel_tol=_RELATIVE)
    except OverflowError:
        return False


def _canonical(value: Any) -> str:
    """Return one text for all JSON values that are equal."""
    return json.dumps(_plain(value), sort_keys=True)


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value
