"""How long files, functions and tests may be."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tests.architecture.sources import parse, python_files, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE_LINES = 400
FUNCTION_LINES = 50
TEST_LINES = 25

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions_of(path: Path) -> Iterator[Function]:
    for node in ast.walk(parse(path)):
        if isinstance(node, Function):
            yield node


def span(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def lines_of(function: Function) -> int:
    """Count the lines of a function without its docstring."""
    has_docstring = ast.get_docstring(function) is not None
    return span(function) - (span(function.body[0]) if has_docstring else 0)


def test_no_file_is_longer_than_its_budget() -> None:
    lengths = {
        shown(path): len(path.read_text().splitlines()) for path in python_files()
    }
    assert {name: n for name, n in lengths.items() if n > FILE_LINES} == {}


def test_no_function_is_longer_than_its_budget() -> None:
    lengths = {
        f"{shown(path)}:{function.lineno} {function.name}": lines_of(function)
        for path in python_files()
        for function in functions_of(path)
    }
    assert {name: n for name, n in lengths.items() if n > FUNCTION_LINES} == {}


def test_no_test_is_longer_than_its_budget() -> None:
    lengths = {
        f"{shown(path)}:{function.lineno} {function.name}": lines_of(function)
        for path in python_files()
        if path.name.startswith("test_")
        for function in functions_of(path)
        if function.name.startswith("test_")
    }
    assert {name: n for name, n in lengths.items() if n > TEST_LINES} == {}
