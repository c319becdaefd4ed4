"""What the code does not do, anywhere."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from tests.architecture.sources import ROOT, own_files, parse, python_files, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Who may look at the environment: the readers, the entry points, and what runs before
# or beside the settings.
READERS_OF_THE_ENVIRONMENT = (
    "manage.py",
    "config/env.py",
    "config/asgi.py",
    "config/celery.py",
    "config/wsgi.py",
    "apps/benchmarks/gateways/sandbox/jail/",
    "apps/catalog/gateways/embedded_server.py",
    "apps/catalog/selectors/credentials.py",  # a provider names its own variable
    "apps/core/metrics.py",
    "apps/core/servers/",
    "tests/",
)
UNFINISHED = re.compile(r"#\s*(TODO|FIXME|XXX)\b")
OF_ONE_MACHINE = re.compile(r"(?<![\w.])/(?:root|home/\w+|Users/\w+|work)/\w")
# Texts whose subject are such paths.
ABOUT_PATHS = ("tests/architecture/", "tests/grading/", "docs/explanation/sandbox.md")
TEXTS = {".py", ".md", ".html", ".css", ".js", ".toml", ".yml", ".in", ".txt", ""}


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def reads_environment(path: Path) -> bool:
    return any(
        isinstance(node, ast.Attribute)
        and node.attr in {"environ", "getenv"}
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
        for node in ast.walk(parse(path))
    )


def test_nothing_is_mocked() -> None:
    mocking = [
        shown(path)
        for path in python_files()
        if any(name.startswith(("unittest.mock", "mock.")) for name in imports_of(path))
    ]
    assert mocking == []


def test_the_environment_is_read_in_few_places() -> None:
    found = [shown(path) for path in python_files() if reads_environment(path)]
    assert [p for p in found if not p.startswith(READERS_OF_THE_ENVIRONMENT)] == []


def test_nothing_is_left_to_do() -> None:
    found = [
        shown(path)
        for path in python_files()
        if not path.is_relative_to(ROOT / "tests" / "architecture")
        and UNFINISHED.search(path.read_text())
    ]
    assert found == []


def test_no_text_names_a_folder_of_one_machine() -> None:
    found = [
        f"{shown(path)}: {match.group()}"
        for path in own_files()
        if path.suffix in TEXTS and not shown(path).startswith(ABOUT_PATHS)
        for match in OF_ONE_MACHINE.finditer(path.read_text(errors="replace"))
    ]
    assert found == []
