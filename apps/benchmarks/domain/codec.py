"""Task specifications as JSON and back, without losing the types of values.

JSON alone would turn a tuple into a list and an integer key into a string, and so
change what an answer is compared with. Plain JSON scalars stay as they are; every
other value is a one-key object whose key names its type.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any, cast

from apps.benchmarks.domain.specs import (
    CallsCheck,
    Check,
    ProgramCase,
    ProgramCheck,
    Step,
    StructuredCheck,
    TaskKind,
    TaskSpec,
    TestProgramCheck,
)
from apps.benchmarks.domain.text import escape_text, unescape_text

_TYPE_OF_CHECK: dict[str, type[Check]] = {
    "calls": CallsCheck,
    "test_program": TestProgramCheck,
    "program": ProgramCheck,
    "structured": StructuredCheck,
}
_NAME_OF_CHECK = {cls: name for name, cls in _TYPE_OF_CHECK.items()}
_SEQUENCES: dict[str, type] = {
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
}
_SAFE_INTEGER = 2**53


def encode_value(value: object) -> Any:
    """Return a plain value as JSON-ready data.

    Raises:
        TypeError: the value's type has no form here.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        escaped = escape_text(value)
        return escaped if escaped == value else {"str": escaped}
    if isinstance(value, int | float | complex):
        return _encode_number(value)
    return _encode_other(value)


def _encode_number(value: complex) -> Any:
    if isinstance(value, int):
        return value if abs(value) < _SAFE_INTEGER else {"int": str(value)}
    if isinstance(value, float):
        return value if math.isfinite(value) else {"float": repr(value)}
    return {"complex": [encode_value(value.real), encode_value(value.imag)]}


def _encode_other(value: object) -> Any:
    if isinstance(value, list):
        return [encode_value(item) for item in value]
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    if isinstance(value, tuple):
        return {"tuple": [encode_value(item) for item in value]}
    if isinstance(value, set | frozenset):
        items = sorted((encode_value(item) for item in value), key=_canonical)
        return {type(value).__name__: items}
    if isinstance(value, Mapping):
        pairs = [[encode_value(key), encode_value(item)] for key, item in value.items()]
        return {"dict": pairs}
    raise TypeError(f"a {type(value).__name__} has no form in a task")


def decode_value(data: Any) -> object:
    """Return the value that `encode_value` was given.

    Raises:
        ValueError: the data has a tag that is not known.
    """
    if isinstance(data, list):
        return [decode_value(item) for item in data]
    if not isinstance(data, dict):
        return cast("object", data)
    ((tag, content),) = data.items()
    if tag in _SEQUENCES:
        return cast("object", _SEQUENCES[tag](decode_value(item) for item in content))
    if tag == "dict":
        return {decode_value(key): decode_value(item) for key, item in content}
    return _decode_scalar(tag, content)


def _decode_scalar(tag: str, content: Any) -> object:
    if tag == "int":
        return int(content)
    if tag == "float":
        return float(content)
    if tag == "str":
        return unescape_text(content)
    if tag == "bytes":
        return base64.b64decode(content)
    if tag == "complex":
        real, imag = (decode_value(part) for part in content)
        return complex(cast("float", real), cast("float", imag))
    raise ValueError(f"unknown tag in a task: {tag!r}")


def encode_spec(spec: TaskSpec) -> dict[str, Any]:
    """Return a task specification as JSON-ready data."""
    fields = {
        field.name: encode_value(getattr(spec, field.name))
        for field in dataclasses.fields(spec)
        if field.name not in {"check", "kind"}
    }
    return {
        **fields,
        "kind": spec.kind.value,
        "check": _encode_check(spec.check),
    }


def _encode_check(check: Check) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for field in dataclasses.fields(check):
        value = getattr(check, field.name)
        if field.name in {"steps", "cases"}:
            content[field.name] = [
                {part.name: encode_value(getattr(item, part.name)) for part in fields}
                for item in value
                for fields in (dataclasses.fields(item),)
            ]
        else:
            content[field.name] = encode_value(value)
    return {"type": _NAME_OF_CHECK[type(check)], **content}


def decode_spec(data: Mapping[str, Any]) -> TaskSpec:
    """Return the specification that `encode_spec` was given."""
    fields = {
        name: decode_value(value)
        for name, value in data.items()
        if name not in {"check", "kind"}
    }
    return TaskSpec(
        **cast("dict[str, Any]", fields),
        kind=TaskKind(data["kind"]),
        check=_decode_check(dict(data["check"])),
    )


def _decode_check(data: dict[str, Any]) -> Check:
    cls = _TYPE_OF_CHECK[data.pop("type")]
    content: dict[str, Any] = {}
    for name, value in data.items():
        if name in {"steps", "cases"}:
            item_type: type[Step | ProgramCase] = (
                Step if name == "steps" else ProgramCase
            )
            content[name] = tuple(
                item_type(
                    **{key: cast("Any", decode_value(v)) for key, v in item.items()}
                )
                for item in value
            )
        else:
            content[name] = decode_value(value)
    return cls(**content)


def hash_specs(specs: tuple[TaskSpec, ...]) -> str:
    """Return the SHA-256 (hex) of the tasks' canonical form, order included."""
    text = _canonical([encode_spec(spec) for spec in specs])
    return hashlib.sha256(text.encode()).hexdigest()


def _canonical(data: Any) -> str:
    return json.dumps(data, sort_keys=True, separators=(",", ":"))
