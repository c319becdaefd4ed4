"""Structured answers: one JSON document, read strictly and held against its schema."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NoReturn

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

if TYPE_CHECKING:
    from collections.abc import Mapping

_FENCED = re.compile(r"\A```(?:json)?[ \t]*\n(?P<body>.*?)\n?```\Z", re.DOTALL)


class MalformedAnswerError(ValueError):
    """An answer is not the JSON document that was asked for."""


def parse_structured(text: str, schema: Mapping[str, object]) -> object:
    """Return the document in `text`, bare or as one fenced block and nothing else.

    Raises:
        MalformedAnswerError: the text is not JSON, holds NaN or an infinity, names a
            key twice, or does not satisfy `schema`.
    """
    stripped = text.strip()
    fenced = _FENCED.match(stripped)
    try:
        document: object = json.loads(
            fenced["body"] if fenced else stripped,
            parse_constant=_refuse_constant,
            object_pairs_hook=_refuse_duplicates,
        )
    except (ValueError, RecursionError) as error:
        raise MalformedAnswerError(f"not JSON: {error}") from error
    problem = best_match(Draft202012Validator(schema).iter_errors(document))
    if problem is not None:
        place = problem.json_path
        raise MalformedAnswerError(f"at {place}: {problem.message}"[:300])
    return document


def describe_schema(schema: Mapping[str, object]) -> str:
    """Return the instruction for a model whose server cannot enforce a schema."""
    return (
        "Answer with one JSON document and nothing else. "
        f"It must satisfy this JSON schema: {json.dumps(schema, sort_keys=True)}"
    )


def is_closed(schema: Mapping[str, object]) -> bool:
    """Return whether every object of `schema` requires all of its keys and no others.

    Only such a schema may be asked for as strict (OpenAI, "Structured outputs").
    """
    properties = schema.get("properties")
    if isinstance(properties, dict):
        required = schema.get("required")
        named = set(required) if isinstance(required, list) else set()
        if schema.get("additionalProperties") is not False or named != set(properties):
            return False
    elif schema.get("type") == "object":
        return False
    return all(is_closed(inner) for inner in _list_inner(schema))


def _list_inner(value: Mapping[str, object]) -> list[Mapping[str, object]]:
    found: list[Mapping[str, object]] = []
    for entry in value.values():
        candidates = entry if isinstance(entry, list) else [entry]
        found += [inner for inner in candidates if isinstance(inner, dict)]
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")


def _refuse_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return document
