"""Parameters as Stripe's clients write them, and the forms that they must have.

A form is a mapping of names to readers, forms, or lists of one of these; a name that
ends with `!` must be given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from tests.fakes.stripe.refusals import invalid, missing, unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

Params = dict[str, Any]


def decode(text: str) -> Params:
    """Return `a[b][0]=c` as nested mappings; lists are mappings with numbers."""
    tree: Params = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        *path, last = name.replace("]", "").split("[")
        place = tree
        for part in path:
            place = place.setdefault(part, {})
        place[last] = value
    return tree


def read(
    params: Mapping[str, Any], form: Mapping[str, Any], prefix: str = ""
) -> Params:
    """Return the parameters as values, or refuse them as Stripe does."""
    known = {name.rstrip("!"): reader for name, reader in form.items()}
    for name in params:
        if name not in known and name != "expand":
            raise unknown(_named(prefix, name))
    for name in form:
        if name.endswith("!") and name[:-1] not in params:
            raise missing(_named(prefix, name[:-1]))
    return {
        name: _read_one(value, known[name], _named(prefix, name))
        for name, value in params.items()
        if name in known
    }


def _read_one(value: Any, reader: Any, name: str) -> Any:
    if isinstance(reader, list):
        items = value.items() if isinstance(value, dict) else ()
        return [_read_one(one, reader[0], f"{name}[{n}]") for n, one in items]
    if isinstance(reader, dict):
        if not isinstance(value, dict):
            raise invalid(name, f"Invalid object: {name}")
        return read(value, reader, name)
    return reader(value, name)


def _named(prefix: str, name: str) -> str:
    return f"{prefix}[{name}]" if prefix else name


def text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise invalid(name, f"Invalid string: {name}")
    return value


def whole(value: Any, name: str) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise invalid(
            name, f"Invalid integer: {value}", "parameter_invalid_integer"
        ) from None


def moment(value: Any, name: str) -> int | str:
    """Read a time; `now` and the empty text, which unsets, stay as they are."""
    return value if value in {"", "now"} else whole(value, name)


def share(value: Any, name: str) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise invalid(name, f"Invalid decimal: {value}") from None


def yes_no(value: Any, name: str) -> bool:
    if value not in {"true", "false"}:
        raise invalid(name, f"Invalid boolean: {value}")
    return bool(value == "true")


def pairs(value: Any, name: str) -> dict[str, str]:
    if not isinstance(value, dict):
        raise invalid(name, f"Invalid hash: {name}")
    return {str(key): str(one) for key, one in value.items()}


def anything(value: Any, name: str) -> Any:
    del name
    return value
