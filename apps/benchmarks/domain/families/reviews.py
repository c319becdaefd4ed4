"""Code review: name what is wrong, as JSON, against a defect that was planted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

from apps.benchmarks.domain.families.base import CODE_REVIEW, Family
from apps.benchmarks.domain.families.defects import (
    MEANINGS,
    Defect,
    DefectKind,
    Subject,
)
from apps.benchmarks.domain.families.exercises import call_source
from apps.benchmarks.domain.families.subjects import SUBJECTS
from apps.benchmarks.domain.specs import StructuredCheck, TaskKind, TaskSpec

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping, Sequence

SHOWN_FUNCTIONS = 3


def _schema(properties: Mapping[str, object]) -> dict[str, object]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _task(
    family: str,
    exercise: str,
    prompt: str,
    *,
    properties: Mapping[str, object],
    truth: Mapping[str, object],
    wrong: Sequence[Mapping[str, object]],
    difficulty: str = "medium",
) -> TaskSpec:
    return TaskSpec(
        task_id=family,
        family=family,
        category=CODE_REVIEW,
        kind=TaskKind.STRUCTURED,
        prompt=prompt,
        entry_point="",
        check=StructuredCheck(_schema(properties), truth),
        reference=json.dumps(truth),
        broken=tuple(json.dumps(answer) for answer in wrong),
        difficulty=difficulty,
        metadata={"exercise": exercise},
    )


def _planted(rng: random.Random) -> tuple[Subject, Defect]:
    subject = rng.choice(SUBJECTS)
    return subject, rng.choice(subject.defects)


def _numbered(source: str) -> str:
    lines = source.rstrip("\n").split("\n")
    return "\n".join(f"{number}: {line}" for number, line in enumerate(lines, start=1))


def draw_which_function(rng: random.Random) -> TaskSpec:
    """Draw a task that shows several functions and asks which one has a bug."""
    shown = rng.sample(SUBJECTS, SHOWN_FUNCTIONS)
    guilty = rng.choice(shown)
    defect = rng.choice(guilty.defects)
    listing = "\n\n".join(
        f"`{subject.name}` {subject.does}:\n\n```python\n"
        f"{subject.source_with(defect) if subject is guilty else subject.source}```"
        for subject in shown
    )
    names = [subject.name for subject in shown]
    return _task(
        "find-function",
        f"{guilty.name}/{defect.kind}",
        f"One of these {SHOWN_FUNCTIONS} Python functions has a bug; the others do what"
        f" is said of them.\n\n{listing}\n\nWhich function has the bug? Answer with a"
        ' JSON object that has one key, "function", with the name of the function:'
        f" {', '.join(names)}.",
        properties={"function": {"type": "string", "enum": names}},
        truth={"function": guilty.name},
        wrong=[{"function": name} for name in names if name != guilty.name],
    )


def draw_which_line(rng: random.Random) -> TaskSpec:
    """Draw a task that shows a function with line numbers and asks for the bad line."""
    subject, defect = _planted(rng)
    source = subject.source_with(defect)
    line, lines = subject.line_of(defect), source.count("\n")
    return _task(
        "find-line",
        f"{subject.name}/{defect.kind}",
        f"This Python function should be a function that {subject.does}. It has a bug"
        f" in one line. The lines are numbered from 1.\n\n```\n{_numbered(source)}\n"
        "```\n\nWhich line has the bug? Answer with a JSON object that has one key,"
        ' "line", with the number of the line.',
        properties={"line": {"type": "integer", "minimum": 1, "maximum": lines}},
        truth={"line": line},
        wrong=[{"line": other} for other in range(1, lines + 1) if other != line],
        difficulty="hard",
    )


def draw_which_kind(rng: random.Random) -> TaskSpec:
    """Draw a task that shows a defective function and asks what kind of bug it has."""
    subject, defect = _planted(rng)
    kinds = "\n".join(f'- "{kind}": {meaning}' for kind, meaning in MEANINGS.items())
    return _task(
        "name-defect",
        f"{subject.name}/{defect.kind}",
        f"This Python function should be a function that {subject.does}. It has one"
        f" bug.\n\n```python\n{subject.source_with(defect)}```\n\nThe kinds of bugs"
        f" are:\n\n{kinds}\n\nWhich kind of bug is it? Answer with a JSON object that"
        ' has one key, "kind", with one of these kinds.',
        properties={"kind": {"type": "string", "enum": [k.value for k in DefectKind]}},
        truth={"kind": defect.kind.value},
        wrong=[{"kind": kind.value} for kind in DefectKind if kind != defect.kind],
        difficulty="hard",
    )


def draw_is_it_right(rng: random.Random) -> TaskSpec:
    """Draw a task that shows one function and asks whether it is right."""
    subject, defect = _planted(rng)
    right = rng.choice((True, False))
    source = subject.source if right else subject.source_with(defect)
    return _task(
        "judge-function",
        f"{subject.name}/{'right' if right else defect.kind}",
        f"This Python function should be a function that {subject.does}.\n\n"
        f"```python\n{source}```\n\nDoes it do that for every input? Answer with a JSON"
        ' object that has one key, "correct", with true if it does and false if it has'
        " a bug.",
        properties={"correct": {"type": "boolean"}},
        truth={"correct": right},
        wrong=[{"correct": not right}],
        difficulty="easy",
    )


def draw_traced_call(rng: random.Random) -> TaskSpec:
    """Draw a task that asks what a call of a right function returns."""
    subject = rng.choice([subject for subject in SUBJECTS if _is_countable(subject)])
    args = rng.choice(subject.defects).shown_by
    expected = cast("int", subject.solve(*args))
    return _task(
        "trace-call",
        subject.name,
        f"```python\n{subject.source}```\n\nWhat does"
        f" `{call_source(subject.name, args)}` return? Answer with a JSON object that"
        ' has one key, "result", with the returned integer.',
        properties={"result": {"type": "integer"}},
        truth={"result": expected},
        wrong=[{"result": expected + 1}, {"result": expected - 1}],
    )


def _is_countable(subject: Subject) -> bool:
    return type(subject.solve(*subject.defects[0].shown_by)) is int


REVIEWS: tuple[Family, ...] = (
    Family("judge-function", "Right or wrong", CODE_REVIEW, 2, draw_is_it_right),
    Family(
        "find-function", "The function with a bug", CODE_REVIEW, 1, draw_which_function
    ),
    Family("find-line", "The line with a bug", CODE_REVIEW, 1, draw_which_line),
    Family("name-defect", "The kind of a bug", CODE_REVIEW, 1, draw_which_kind),
    Family("trace-call", "What a call returns", CODE_REVIEW, 1, draw_traced_call),
)
