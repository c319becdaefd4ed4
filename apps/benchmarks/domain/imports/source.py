"""Python text in a record: whether it parses, what it defines, and stubs of it."""

from __future__ import annotations

import ast
import warnings
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from apps.benchmarks.domain.imports.records import Record

MAX_DEPTH: Final = 150  # levels of a syntax tree; published code has some twenty

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


def parse_python(record: Record, field: str, code: str) -> ast.Module:
    """Parse the Python text of a field.

    Raises:
        InvalidInputError: it does not parse; the message has the line within it.
    """
    try:
        return _parsed(code)
    except SyntaxError as error:
        record.fail(f"{field} does not parse: {error.msg} (its line {error.lineno})")
    except (RecursionError, MemoryError):  # the parser has no other words for it
        record.fail(f"{field} does not parse: nested too deeply")
    except ValueError as error:
        record.fail(f"{field} does not parse: {type(error).__name__}")


def try_parse(code: str) -> ast.Module | None:
    """Parse a text that may be no Python; None where it is not."""
    try:
        return _parsed(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _parsed(code: str) -> ast.Module:
    with warnings.catch_warnings():
        # Published code has invalid escapes such as "\d"; they still run.
        warnings.simplefilter("ignore")
        module = ast.parse(code)
    _refuse_depth(module)
    return module


def _refuse_depth(module: ast.Module) -> None:
    """Refuse a tree that writing it as text again would exhaust the stack over.

    The parser takes some thousand levels, `ast.unparse` a few hundred, and how many
    depends on who calls it: a fixed bound refuses the same file everywhere.

    Raises:
        RecursionError: it has more than `MAX_DEPTH` levels.
    """
    level: list[ast.AST] = [module]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return
    raise RecursionError


def definitions(module: ast.Module) -> dict[str, ast.stmt]:
    """Return the functions, classes and names that a module binds at top level."""
    found: dict[str, ast.stmt] = {}
    for node in module.body:
        if isinstance(node, FunctionNode | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Assign):
            names = [name for name in node.targets if isinstance(name, ast.Name)]
            found.update({name.id: node for name in names})
    return found


def stub_source(module: ast.Module, name: str) -> str:
    """Return a module in which `name` has its signature and returns None.

    The imports are kept, since annotations and defaults may use them. A name that is
    bound by an assignment becomes a function of any arguments.
    """
    imports = [n for n in module.body if isinstance(n, ast.Import | ast.ImportFrom)]
    node = definitions(module)[name]
    if not isinstance(node, FunctionNode | ast.ClassDef):
        (node,) = ast.parse(f"def {name}(*args, **kwargs): pass").body
    body: list[ast.stmt] = [*imports, _emptied(node)]
    return ast.unparse(ast.Module(body=body, type_ignores=[])) + "\n"


def _emptied(node: ast.stmt) -> ast.stmt:
    nothing = ast.Return(value=ast.Constant(value=None))
    match node:
        case ast.FunctionDef():
            emptied: ast.stmt = ast.FunctionDef(
                name=node.name,
                args=node.args,
                body=[nothing],
                decorator_list=[],
                returns=node.returns,
            )
        case ast.AsyncFunctionDef():
            emptied = ast.AsyncFunctionDef(
                name=node.name,
                args=node.args,
                body=[nothing],
                decorator_list=[],
                returns=node.returns,
            )
        case ast.ClassDef():
            methods = [_emptied(n) for n in node.body if isinstance(n, FunctionNode)]
            emptied = ast.ClassDef(
                name=node.name,
                bases=[],
                keywords=[],
                body=methods or [ast.Pass()],
                decorator_list=[],
            )
        case _:
            return node
    return ast.copy_location(emptied, node)
