from __future__ import annotations

import pytest

from apps.catalog.domain.structured import (
    MalformedAnswerError,
    describe_schema,
    is_closed,
    parse_structured,
)
from tests.catalog.asking import PERSON


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "Ada", "age": 36}',
        ' \n{"age": 36, "name": "Ada"}\n ',
        '```json\n{"name": "Ada", "age": 36}\n```',
        '```\n{"name": "Ada",\n "age": 36}\n```\n',
    ],
)
def test_a_document_is_read_bare_or_fenced(text: str) -> None:
    assert parse_structured(text, PERSON) == {"name": "Ada", "age": 36}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        '{"name": "Ada"}',
        '{"name": "Ada", "age": 36, "more": 1}',
        '{"name": "Ada", "age": 36} and that is all',
        'Here: ```json\n{"name": "Ada", "age": 36}\n```',
        '{"name": "Ada", "age": 36, "age": 37}',
        '{"name": "Ada", "age": Infinity}',
        "[" * 100_000,
    ],
)
def test_anything_else_is_malformed(text: str) -> None:
    with pytest.raises(MalformedAnswerError):
        parse_structured(text, PERSON)


def test_only_a_schema_without_freedom_is_closed() -> None:
    inner = {"type": "object", "properties": {"a": {}}, "required": ["a"]}
    assert is_closed(PERSON)
    assert not is_closed(inner)
    assert is_closed({**inner, "additionalProperties": False})
    assert not is_closed({"type": "array", "items": inner})
    assert not is_closed({"type": "object"})
    assert not is_closed({**PERSON, "required": ["name"]})


def test_a_schema_in_words_holds_the_schema() -> None:
    assert '"required": ["name", "age"]' in describe_schema(PERSON)
