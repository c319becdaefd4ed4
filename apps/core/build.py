"""What is running: the code's version and the packages beside it."""

from __future__ import annotations

import platform
import subprocess
import tomllib
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from django.conf import settings

_GIT_SECONDS = 5.0


@cache
def code_version() -> str:
    """Return the version that `pyproject.toml` states."""
    text = (settings.BASE_DIR / "pyproject.toml").read_text()
    return str(tomllib.loads(text)["project"]["version"])


@cache
def git_description() -> str:
    """Return `git describe` of the checkout as the process started, or "".

    A deployment without git or without its folder has none.
    """
    if not (settings.BASE_DIR / ".git").exists():
        return ""
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--tags"],  # noqa: S607
            cwd=settings.BASE_DIR,
            capture_output=True,
            text=True,
            timeout=_GIT_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


@cache
def python_version() -> str:
    """Return the interpreter's version."""
    return platform.python_version()


def package_versions(names: tuple[str, ...]) -> dict[str, str]:
    """Return the installed versions of these packages; absent ones are left out."""
    found = {name: _installed(name) for name in names}
    return {name: text for name, text in found.items() if text}


@cache
def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
