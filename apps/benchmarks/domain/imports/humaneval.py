"""HumanEval and HumanEvalPack: one JSON object a line.

Chen et al. 2021, "Evaluating Large Language Models Trained on Code"; Muennighoff et
al. 2023, "OctoPack", whose records add `declaration` and `buggy_solution`.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from apps.benchmarks.domain.imports.records import (
    Record,
    json_lines,
    read_text,
    shown,
)
from apps.benchmarks.domain.imports.source import (
    definitions,
    parse_python,
    stub_source,
    try_parse,
)
from apps.benchmarks.domain.prompts import completed
from apps.benchmarks.domain.specs import TaskKind, TaskSpec, TestProgramCheck

if TYPE_CHECKING:
    from collections.abc import Sequence

FAMILY: Final = "humaneval"
# Wall-clock; the published harness gives 3 s to a machine that does nothing else.
TIME_LIMIT_SECONDS: Final = 10.0


def parse_humaneval(content: bytes) -> tuple[TaskSpec, ...]:
    """Read the tasks of a HumanEval or HumanEvalPack file, gzipped or not.

    Args:
        content: The file's bytes.

    Returns:
        One task a record, in the file's order, with the file's `task_id`.

    Raises:
        InvalidInputError: something is malformed; the message has line and reason.
    """
    specs: list[TaskSpec] = []
    lines: dict[str, str] = {}
    for record in json_lines(read_text(content)):
        spec = _task(record)
        if spec.task_id in lines:
            record.fail(f"task_id {spec.task_id!r} stands on {lines[spec.task_id]} too")
        lines[spec.task_id] = record.where
        specs.append(spec)
    return tuple(specs)


def _task(record: Record) -> TaskSpec:
    task_id = record.name("task_id")
    prompt = record.text("prompt")
    entry_point = record.text("entry_point")
    if not entry_point.isidentifier():
        record.fail(f"entry_point {shown(entry_point)} is not a Python name")
    reference = prompt + record.text("canonical_solution")
    module = parse_python(record, "prompt with canonical_solution", reference)
    if entry_point not in definitions(module):
        record.fail(
            f"the reference does not define the entry point {shown(entry_point)}"
        )
    return TaskSpec(
        task_id=task_id,
        family=FAMILY,
        category="code_generation",
        kind=TaskKind.PYTHON_FUNCTION,
        prompt=(
            f"Complete this Python code.\n\n```python\n{prompt.strip()}\n```\n\n"
            f"Answer with the complete function `{entry_point}`, and what it needs, in"
            " one Python code block."
        ),
        entry_point=entry_point,
        check=TestProgramCheck(_test(record), _setup(record, prompt)),
        reference=reference,
        broken=_broken(record, prompt, module, entry_point),
        code_prompt=prompt,
        time_limit_seconds=TIME_LIMIT_SECONDS,
    )


def _test(record: Record) -> str:
    test = record.text("test")
    body = parse_python(record, "test", test).body
    if not _checks_something(body):
        record.fail("test has neither a function 'check' nor an assertion")
    return test


def _checks_something(body: Sequence[ast.stmt]) -> bool:
    return any(
        isinstance(node, ast.Assert)
        or (isinstance(node, ast.FunctionDef) and node.name == "check")
        for node in body
    )


def _setup(record: Record, prompt: str) -> str:
    """Return the prompt as a program that runs: its stub, imports and helpers."""
    if try_parse(prompt) is not None:
        return prompt
    setup = completed(prompt)
    parse_python(record, "prompt", setup)
    return setup


def _broken(
    record: Record, prompt: str, module: ast.Module, entry_point: str
) -> tuple[str, ...]:
    """Return the published buggy solution, else a stub that returns None."""
    buggy = record.optional_text("buggy_solution")
    if not buggy:
        return (stub_source(module, entry_point),)
    declaration = record.optional_text("declaration")
    # A declaration may lack what the body needs to stand under it; the prompt does
    # not, for the reference stands there.
    declared = try_parse(declaration + buggy) if declaration else None
    if declared is not None and entry_point in definitions(declared):
        return (declaration + buggy,)
    if entry_point not in definitions(
        parse_python(record, "buggy_solution", prompt + buggy)
    ):
        record.fail(
            f"buggy_solution does not define the entry point {shown(entry_point)}"
        )
    return (prompt + buggy,)
