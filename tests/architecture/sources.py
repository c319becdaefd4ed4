"""The repository's own files."""

from __future__ import annotations

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


# What git ignores, for a copy of the sources without git.
NOT_OURS = {".git", ".venv", "var", "__pycache__", "node_modules"}


@cache
def own_files() -> tuple[Path, ...]:
    """Return every file that is in the repository or about to be."""
    names = _listed_by_git() if (ROOT / ".git").exists() else _found()
    return tuple(sorted(ROOT / name for name in names if (ROOT / name).is_file()))


def _found() -> list[str]:
    return [
        str(path.relative_to(ROOT))
        for path in ROOT.rglob("*")
        if not NOT_OURS & set(path.relative_to(ROOT).parts)
        and not any(part.endswith("_cache") for part in path.parts)
    ]


def _listed_by_git() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return listed.stdout.splitlines()


@cache
def python_files() -> tuple[Path, ...]:
    """Return the Python files, without migrations, which Django writes."""
    return tuple(
        path
        for path in own_files()
        if path.suffix == ".py" and "migrations" not in path.parts
    )


@cache
def parse(path: Path) -> ast.Module:
    """Return a file's syntax tree."""
    return ast.parse(path.read_text())


def shown(path: Path) -> str:
    """Return the path as it is named in a message."""
    return str(path.relative_to(ROOT))
