"""Answers that were made elsewhere: one JSON object a line, to be graded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.benchmarks.domain.imports.records import Record, json_lines, read_text

if TYPE_CHECKING:
    from collections.abc import Container


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """One answer of a file, and the task that it answers."""

    answer_id: str | int  # as the file has it
    task_id: str
    code: str


def parse_answers(content: bytes, task_ids: Container[str]) -> tuple[AnswerLine, ...]:
    """Read a file of answers to known tasks, gzipped or not.

    Args:
        content: The file's bytes. Each line is an object with `id`, `code`, and
            `task_id` or `base_task`; other keys do not count.
        task_ids: The ids of the tasks that may be answered.

    Returns:
        The answers in the file's order.

    Raises:
        InvalidInputError: something is malformed, an id stands twice, or a task is
            not known; the message has line and reason.
    """
    answers: list[AnswerLine] = []
    places: dict[str, str] = {}
    for record in json_lines(read_text(content)):
        name = record.name("id")
        if name in places:
            record.fail(f"id {name!r} stands on {places[name]} too")
        places[name] = record.where
        code = record.value("code")
        if not isinstance(code, str):
            record.fail("field 'code' must be text")
        given = record.fields["id"]
        answers.append(
            AnswerLine(
                given if isinstance(given, int) else name,
                _task_id(record, task_ids),
                code,
            )
        )
    return tuple(answers)


def _task_id(record: Record, task_ids: Container[str]) -> str:
    """Return the one task that the record names.

    Files exist whose `task_id` names the answer's own variant and whose `base_task`
    names the task; two names are refused only where both are tasks.
    """
    keys = [key for key in ("task_id", "base_task") if key in record.fields]
    if not keys:
        record.fail("field 'task_id' or 'base_task' is missing")
    named = dict.fromkeys(record.name(key) for key in keys)
    known = [name for name in named if name in task_ids]
    if not known:
        record.fail(f"task {next(reversed(named))!r} is not in the suite")
    if len(known) > 1:
        record.fail(f"it names two tasks, {known[0]!r} and {known[1]!r}")
    return known[0]
