"""Typed readers of the environment: a bad value stops the boot with its name.

Every reader declares its variable, and `docs/reference/settings.md` is written from
these declarations.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off", ""})


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable: what it is for and what holds without it."""

    name: str
    kind: str
    default: str
    about: str


_declared: dict[str, Variable] = {}


def declare(name: str, kind: str, default: object, about: str) -> None:
    """Make a variable known to the reference."""
    _declared[name] = Variable(name, kind, str(default), about)


def declared_variables() -> tuple[Variable, ...]:
    """Return every variable that has been read or declared so far, by name."""
    return tuple(_declared[name] for name in sorted(_declared))


def read_str(name: str, default: str = "", *, about: str = "") -> str:
    """Return the variable's text, or `default` where it is unset."""
    declare(name, "text", default, about)
    return os.environ.get(name, default)


def read_choice(
    name: str, choices: tuple[str, ...], default: str, *, about: str = ""
) -> str:
    """Return one of `choices`, whatever the case it was written in.

    Raises:
        ImproperlyConfigured: the text is none of them.
    """
    shown = ", ".join(choice or "empty" for choice in choices)
    declare(name, f"one of {shown}", default, about)
    text = os.environ.get(name, default)
    by_folded = {choice.casefold(): choice for choice in choices}
    if text.strip().casefold() not in by_folded:
        raise ImproperlyConfigured(f"{name} is {text!r}; write one of {shown}.")
    return by_folded[text.strip().casefold()]


def read_bool(name: str, *, default: bool, about: str = "") -> bool:
    """Return a yes/no variable.

    Raises:
        ImproperlyConfigured: the text is neither.
    """
    declare(name, "1 or 0", int(default), about)
    text = os.environ.get(name)
    if text is None:
        return default
    if text.strip().lower() in _TRUE:
        return True
    if text.strip().lower() in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} is {text!r}; write 1 or 0.")


def read_int(
    name: str, default: int, *, minimum: int = 0, shown: str = "", about: str = ""
) -> int:
    """Return a whole number; `shown` stands for the default in the reference.

    Raises:
        ImproperlyConfigured: the text is no whole number, or is below `minimum`.
    """
    declare(name, f"whole number, at least {minimum}", shown or default, about)
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


def read_list(
    name: str, default: tuple[str, ...] = (), *, about: str = ""
) -> list[str]:
    """Return a comma-separated variable as a list without empty entries."""
    declare(name, "texts, separated by commas", ",".join(default), about)
    text = os.environ.get(name)
    if text is None:
        return list(default)
    return [part.strip() for part in text.split(",") if part.strip()]


def read_pairs(name: str, *, about: str = "") -> dict[str, str]:
    """Return a comma-separated variable of `name=value` pairs.

    Raises:
        ImproperlyConfigured: an entry is no pair, or a name stands twice.
    """
    declare(name, "pairs NAME=VALUE, separated by commas", "", about)
    pairs: dict[str, str] = {}
    for entry in os.environ.get(name, "").split(","):
        key, equals, value = (part.strip() for part in entry.partition("="))
        if not entry.strip():
            continue
        if not (key and equals and value) or key in pairs:
            raise ImproperlyConfigured(
                f"{name} has the entry {entry.strip()!r}; write NAME=VALUE, each once."
            )
        pairs[key] = value
    return pairs


def read_path(name: str, default: Path, *, shown: str = "", about: str = "") -> Path:
    """Return a path, absolute; `shown` stands for the default in the reference."""
    declare(name, "path", shown or default, about)
    return Path(os.environ.get(name) or default).expanduser().resolve()


def read_url(
    name: str, default: str, *, schemes: tuple[str, ...], shown: str, about: str = ""
) -> str:
    """Return an address, or `default` where the variable is unset or empty.

    Raises:
        ImproperlyConfigured: the scheme is none of `schemes`, or the address does not
            parse. The message leaves the address out, since it may hold a password.
    """
    declare(name, f"address: {', '.join(schemes)}", shown, about)
    text = os.environ.get(name, "").strip()
    if not text:
        return default
    try:
        parts = urlsplit(text)
        _ = parts.port  # parsed only when asked for
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is no address: {error}.") from None
    if parts.scheme not in schemes:
        expected = ", ".join(f"{scheme}://" for scheme in schemes)
        raise ImproperlyConfigured(
            f"{name} starts with {parts.scheme or 'no scheme'!r}; write {expected}."
        )
    return text
