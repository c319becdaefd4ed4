"""How an answer and its prompt become code, and what a test program mentions.

Done inside the jail: parsing hostile source can exhaust the parser, and the
trusted process has no need to know Python.
"""

from __future__ import annotations

import _ast

from apps.benchmarks.domain.prompts import completed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType
    from typing import Any

SEED = 20_240_229  # of `random` in every jail: the same answer gets the same verdict

_ONLY_TREE = 0x400  # PyCF_ONLY_AST, without the cost of importing `ast`
_FUNCTIONS = (_ast.FunctionDef, _ast.AsyncFunctionDef, _ast.Lambda)
_DEFINITIONS = (_ast.FunctionDef, _ast.AsyncFunctionDef, _ast.ClassDef)


def parse_source(source: str) -> Any:
    """Return the syntax tree of `source`.

    Raises:
        SyntaxError: it is not Python.
    """
    return compile(source, "<answer>", "exec", _ONLY_TREE, dont_inherit=True)


def compile_tree(tree: Any, name: str = "<answer>") -> CodeType:
    """Compile a syntax tree, untouched by this module's own future imports."""
    return compile(tree, name, "exec", dont_inherit=True)


def assemble(prompt: str, code: str, entry_point: str) -> list[CodeType]:
    """Compile an answer with what its prompt contributes.

    Code that defines the entry point follows the prompt's other top-level
    statements (imports, helpers), of which the last may lack its body; code that
    does not continues the prompt. A prompt that is not Python contributes nothing.

    Raises:
        SyntaxError: neither reading is Python.
    """
    code = code.removeprefix("\ufeff")
    tree = _tree_or_none(code)
    if tree is None or entry_point not in set(bound_names(tree)):
        return [_continuation(prompt, code)]
    helpers = parse_prompt(prompt)
    if helpers is None:
        return [compile_tree(tree)]
    helpers.body = [s for s in helpers.body if entry_point not in set(_bound_by(s))]
    return [compile_tree(helpers), compile_tree(tree)]


def parse_prompt(prompt: str) -> Any:
    """Return the syntax tree of a prompt that may lack its last body, or None."""
    return _tree_or_none(prompt) or _tree_or_none(completed(prompt))


def _continuation(prompt: str, code: str) -> CodeType:
    for text in (prompt + code, prompt + "\n" + code, code):
        if (tree := _tree_or_none(text)) is not None:
            return compile_tree(tree)
    return compile_tree(parse_source(prompt + code))


def _tree_or_none(source: str) -> Any:
    try:
        return parse_source(source)
    except (SyntaxError, ValueError):  # a NUL byte is a ValueError on Python 3.11
        return None


def bound_names(tree: Any) -> Iterator[str]:
    """Yield the names that the statements of a module bind at its top level."""
    for statement in tree.body:
        yield from _bound_by(statement)


def _bound_by(statement: Any) -> Iterator[str]:
    if isinstance(statement, _DEFINITIONS):
        yield statement.name
        return
    for node in walk_outside_functions(statement):
        if isinstance(node, _ast.Name) and isinstance(node.ctx, _ast.Store):
            yield node.id
        elif isinstance(node, _DEFINITIONS):
            yield node.name
        elif isinstance(node, _ast.alias):
            yield (node.asname or node.name).split(".")[0]


def walk_outside_functions(node: Any) -> Iterator[Any]:
    """Yield a node and what runs with it, not what waits in function bodies."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, _FUNCTIONS):
            waiting.extend(_children(node))


def walk(node: Any) -> Iterator[Any]:
    """Yield a node and everything under it."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(_children(node))


def _children(node: Any) -> Iterator[Any]:
    for name in node._fields:
        value = getattr(node, name, None)
        for item in value if isinstance(value, list) else (value,):
            if isinstance(item, _ast.AST):
                yield item


def calls_at_top_level(tree: Any, name: str) -> bool:
    """Say whether running the module itself calls `name`, even behind an `if`."""
    return any(
        isinstance(node, _ast.Call)
        and isinstance(node.func, _ast.Name)
        and node.func.id == name
        for node in walk_outside_functions(tree)
    )


def defines_function(tree: Any, name: str) -> bool:
    """Say whether a statement of the module is the definition of function `name`."""
    return any(isinstance(s, _ast.FunctionDef) and s.name == name for s in tree.body)


def free_names(tree: Any, known: set[str]) -> list[str]:
    """Return the names that a program reads and neither it nor `known` provides.

    What it imports with a star is imported for that.
    """
    read: set[str] = set()
    bound: set[str] = set(known)
    for node in walk(tree):
        if isinstance(node, _ast.Name):
            (read if isinstance(node.ctx, _ast.Load) else bound).add(node.id)
        elif isinstance(node, _ast.ImportFrom) and node.names[0].name == "*":
            bound.update(_public_names(str(node.module)))
        elif isinstance(node, _ast.alias):
            bound.add((node.asname or node.name).split(".")[0])
        elif isinstance(getattr(node, "name", None), str):
            bound.add(node.name)
        elif isinstance(node, _ast.arg):
            bound.add(node.arg)
    return sorted(read - bound)


def _public_names(module: str) -> list[str]:
    found: dict[str, Any] = {}
    try:
        exec(f"from {module} import *", found)  # noqa: S102 - as the program will
    except Exception:  # noqa: BLE001 - the program will meet it, and be at fault
        return []
    return list(found)
