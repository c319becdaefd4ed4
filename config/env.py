"""Typed readers of the environment: a bad value stops the boot with its name."""

from __future__ import annotations

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off", ""})


def read_str(name: str, default: str = "") -> str:
    """Return the variable's text, or `default` where it is unset."""
    return os.environ.get(name, default)


def read_bool(name: str, *, default: bool) -> bool:
    """Return a yes/no variable.

    Raises:
        ImproperlyConfigured: the text is neither.
    """
    text = os.environ.get(name)
    if text is None:
        return default
    if text.strip().lower() in _TRUE:
        return True
    if text.strip().lower() in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} is {text!r}; write 1 or 0.")


def read_int(name: str, default: int, *, minimum: int = 0) -> int:
    """Return a whole number.

    Raises:
        ImproperlyConfigured: the text is no whole number, or is below `minimum`.
    """
    text = os.environ.get(name)
    if text is None:
        return default
    try:
        number = int(text)
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} is {text!r}; write a whole number."
        ) from None
    if number < minimum:
        raise ImproperlyConfigured(f"{name} is {number}; the least is {minimum}.")
    return number


def read_list(name: str, default: tuple[str, ...] = ()) -> list[str]:
    """Return a comma-separated variable as a list without empty entries."""
    text = os.environ.get(name)
    if text is None:
        return list(default)
    return [part.strip() for part in text.split(",") if part.strip()]


def read_path(name: str, default: Path) -> Path:
    """Return a path, absolute."""
    return Path(os.environ.get(name) or default).expanduser().resolve()
