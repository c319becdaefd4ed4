from __future__ import annotations

import pytest

from apps.benchmarks.domain.answers import NoAnswerError, extract_code, extract_json

ONE = "```python\ndef f():\n    return 1\n```"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (ONE, "def f():\n    return 1\n"),
        (f"Here it is:\n\n{ONE}\n\nIt returns 1.", "def f():\n    return 1\n"),
        ("def f():\n    return 1", "def f():\n    return 1"),
        ("```py\nf = 1", "f = 1\n"),
        ("~~~\nf = 1\n~~~", "f = 1\n"),
        ("````python\nf = '''\n```\n'''\n````", "f = '''\n```\n'''\n"),
        (
            "1. So:\n\n   ```python\n   def f():\n       pass\n   ```",
            "def f():\n    pass\n",
        ),
        ("```python\n    return 1\n```", "    return 1\n"),
        (f"{ONE}\n```\n>>> f()\n1\n```", "def f():\n    return 1\n"),
        (f"```\ndef f():\n    return 0\n```\n{ONE}", "def f():\n    return 1\n"),
        ("```\nf: int = 1\n```\n```\nf == 1\n```", "f: int = 1\n"),
        ("```\na\n```\n```\nb\n```", "b\n"),
        ("def f():\n    return 1\n```\n\nThat is all.", "def f():\n    return 1\n"),
        ("def f(): 1\n```\ndef f(): 2\n```", "def f(): 2\n"),
    ],
)
def test_code_is_what_stands_in_the_fence_that_defines_it(text: str, code: str) -> None:
    assert extract_code(text, "f") == code


@pytest.mark.parametrize("text", ["", " \n\t", "x" * 1_000_001])
def test_no_text_and_too_much_are_no_answer(text: str) -> None:
    with pytest.raises(NoAnswerError):
        extract_code(text)


@pytest.mark.parametrize(
    ("text", "document"),
    [
        ('{"a": 1}', {"a": 1}),
        ('Sure!\n```json\n{"a": [1.5, null]}\n```\nDone.', {"a": [1.5, None]}),
        ('The answer is {"a": "}"} as asked.', {"a": "}"}),
        ('```\n{"a": 0}\n```\nor rather\n```\n{"a": 1}\n```', {"a": 1}),
        ("[]", []),
        ('```json\n{"a": 1}', {"a": 1}),
    ],
)
def test_json_is_the_last_block_or_the_first_document(
    text: str, document: object
) -> None:
    assert extract_json(text) == document


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("none here", "no JSON"),
        ('{"a": 1, "a": 2}', "repeated"),
        ('{"a": NaN}', "NaN"),
        ('{"a": -Infinity}', "Infinity"),
        ('{"a": 1e999}', "too large"),
        ("{'a': 1}", "malformed"),
        ('{"a": 1', "malformed"),
        ('{"a": 1} {"a": 2}', "more follows"),
        ('```\n{"a": 1} so\n```', "more follows"),
        ("[" * 100_000, "deep"),
        ('{"a": ' + "9" * 5000 + "}", "malformed"),
    ],
)
def test_json_is_read_strictly(text: str, reason: str) -> None:
    with pytest.raises(NoAnswerError, match=reason):
        extract_json(text)
