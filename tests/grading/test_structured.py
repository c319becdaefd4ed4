from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from apps.benchmarks.domain.specs import (
    GradeOutcome,
    StructuredCheck,
    TaskKind,
    Verdict,
)
from apps.benchmarks.gateways.sandbox import UnavailableSandbox
from apps.benchmarks.pipelines.grading import grade_answer_sync
from tests.grading.cast import function_task

TRUTH = {"line": 7, "kinds": ["a", "b"], "ratio": 0.5, "fatal": True}
SCHEMA = {
    "type": "object",
    "required": ["line"],
    "properties": {"line": {"type": "integer"}},
    "additionalProperties": True,
}
CHECK = StructuredCheck(schema=SCHEMA, truth=TRUTH, unordered=("kinds",))


def grade(text: str) -> GradeOutcome:
    spec = replace(function_task(CHECK, ""), kind=TaskKind.STRUCTURED)
    return grade_answer_sync(spec, text, sandbox=UnavailableSandbox("not needed"))


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"line": 7.0},
        {"kinds": ["b", "a", "a"]},
        {"ratio": 0.5000000000001},
        {"note": "more than asked for"},
    ],
)
def test_the_truth_passes_in_any_of_its_forms(change: dict[str, Any]) -> None:
    outcome = grade(f"So:\n```json\n{json.dumps({**TRUTH, **change})}\n```")

    assert (outcome.verdict, outcome.sandbox_tier) == (Verdict.PASS, "")
    assert outcome.breakdown == {"keys": dict.fromkeys(TRUTH, True)}


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"line": 8}, "line"),
        ({"kinds": ["a"]}, "kinds"),
        ({"kinds": "ab"}, "kinds"),
        ({"ratio": "0.5"}, "ratio"),
        ({"fatal": 1}, "fatal"),
        ({"ratio": 10**400}, "ratio"),
    ],
)
def test_one_wrong_key_fails_and_is_named(change: dict[str, Any], wrong: str) -> None:
    outcome = grade(json.dumps({**TRUTH, **change}))

    assert (outcome.verdict, outcome.reason) == (Verdict.FAIL, f"wrong: {wrong}")
    assert outcome.breakdown == {"keys": {key: key != wrong for key in TRUTH}}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{}", "at $: breaks 'required'"),
        ('{"line": true}', "at $.line: breaks 'type'"),
        ("[7]", "at $: breaks 'type'"),
        ("seven", "the answer holds no JSON object or array"),
        ('{"line": 7, "line": 7}', "the JSON is malformed: a key is repeated"),
        ("", "the answer is empty"),
    ],
)
def test_what_breaks_the_form_fails_with_the_place(text: str, reason: str) -> None:
    outcome = grade(text)

    assert (outcome.verdict, outcome.reason) == (Verdict.FAIL, reason)
