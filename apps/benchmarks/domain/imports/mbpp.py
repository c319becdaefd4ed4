"""Sanitized MBPP: one JSON array of problems with three or so assertions each.

Austin et al. 2021, "Program Synthesis with Large Language Models".
"""

from __future__ import annotations

import ast
from collections import Counter
from typing import TYPE_CHECKING, Final

from apps.benchmarks.domain.imports.records import Record, json_array, read_text
from apps.benchmarks.domain.imports.source import (
    definitions,
    parse_python,
    stub_source,
)
from apps.benchmarks.domain.specs import TaskKind, TaskSpec, TestProgramCheck

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

FAMILY: Final = "mbpp"
TIME_LIMIT_SECONDS: Final = 10.0


def parse_mbpp(content: bytes) -> tuple[TaskSpec, ...]:
    """Read the tasks of a sanitized MBPP file.

    Args:
        content: The file's bytes.

    Returns:
        One task a problem, in the file's order, its `task_id` as text.

    Raises:
        InvalidInputError: something is malformed; the message has the line, the
            element's index and the reason.
    """
    specs: list[TaskSpec] = []
    places: dict[str, str] = {}
    for record in json_array(read_text(content)):
        spec = _task(record)
        if spec.task_id in places:
            record.fail(f"task_id {spec.task_id} stands on {places[spec.task_id]} too")
        places[spec.task_id] = record.where
        specs.append(spec)
    return tuple(specs)


def _task(record: Record) -> TaskSpec:
    task_id = record.name("task_id")
    text = record.text("prompt")
    code = record.text("code")
    module = parse_python(record, "code", code)
    tests = record.texts("test_list")
    program = "\n".join(tests)
    asserts = parse_python(record, "test_list", program)
    defined = definitions(module)
    entry_point = _entry_point(record, asserts, defined)
    imports = "\n".join(record.texts("test_imports"))
    parse_python(record, "test_imports", imports)
    return TaskSpec(
        task_id=task_id,
        family=FAMILY,
        category="code_generation",
        kind=TaskKind.PYTHON_FUNCTION,
        prompt=(
            f"{text.strip()}\n\nName the function `{entry_point}`. This must hold:\n\n"
            f"```python\n{tests[0].strip()}\n```\n\n"
            "Answer with the whole function in one Python code block."
        ),
        entry_point=entry_point,
        check=TestProgramCheck(program, _setup(imports, asserts, defined, entry_point)),
        reference=code,
        broken=(stub_source(module, entry_point),),
        time_limit_seconds=TIME_LIMIT_SECONDS,
    )


def _entry_point(record: Record, asserts: ast.Module, defined: Collection[str]) -> str:
    """Find what the assertions test: the outermost call of a name from the code."""
    if not any(isinstance(node, ast.Assert) for node in asserts.body):
        record.fail("test_list holds no assertion")
    calls = Counter(name for node in asserts.body for name in _outermost(node, defined))
    if not calls:
        record.fail("no assertion calls a function that code defines")
    return calls.most_common(1)[0][0]


def _outermost(node: ast.AST, defined: Collection[str]) -> Iterator[str]:
    match node:
        case ast.Call(func=ast.Name(id=name)) if name in defined:
            yield name
            return
    for child in ast.iter_child_nodes(node):
        yield from _outermost(child, defined)


def _setup(
    imports: str,
    asserts: ast.Module,
    defined: Mapping[str, ast.stmt],
    entry_point: str,
) -> str:
    """Return the imports, and those helpers from the code that the assertions use."""
    used = {node.id for node in ast.walk(asserts) if isinstance(node, ast.Name)}
    helpers = [
        ast.unparse(node)
        for name, node in defined.items()
        if name in used and name != entry_point
    ]
    return "\n".join([imports, *helpers]).strip()
