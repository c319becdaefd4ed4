"""What the apps above have to do where a workspace or a person goes, or pays less.

An app that stores something of theirs says so from the `ready` of its `apps.py`:

    register_exporter("benchmarks", export_runs)
    register_eraser("benchmarks", erase_runs)

Both are called with a `Subject`. An exporter returns files by name, each with its rows:
frozen dataclasses, mappings or plain values. An eraser removes, or blanks where a row
has to stay, and returns how many rows that were. It runs inside the transaction that
deletes the subject, before the subject's own row goes, and may be run again.

What an app hides from workspaces that are not entitled to it, it makes known, so that
they are told of it:

    register_holding(Holding(Entitlement.PRIVATE_SUITES, "private suite", count))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from uuid import UUID

    from apps.accounts.domain.tiers import Entitlement


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose data is meant: a workspace's or a person's, exactly one of them."""

    workspace_id: UUID | None = None
    user_id: UUID | None = None

    def __post_init__(self) -> None:
        """Refuse none and both."""
        if (self.workspace_id is None) == (self.user_id is None):
            raise ValueError("A subject is a workspace or a person.")


@dataclass(frozen=True, slots=True)
class Holding:
    """What workspaces have of an app, hidden while they are not entitled to it.

    `noun` names one of them, with an "s" several; `count` tells how many a workspace
    has, whether it sees them or not.
    """

    entitlement: Entitlement
    noun: str
    count: Callable[[UUID], int]


Exporter = Callable[[Subject], Mapping[str, Iterable[object]]]
Eraser = Callable[[Subject, datetime], int]

Entry = TypeVar("Entry")

_exporters: dict[str, Exporter] = {}
_erasers: dict[str, Eraser] = {}
_kept_back: dict[str, str] = {}
_holdings: dict[str, Holding] = {}


def register_exporter(name: str, exporter: Exporter) -> None:
    """Have an app's data exported under its name.

    Raises:
        ValueError: the name is taken.
    """
    _add(_exporters, name, exporter)


def register_eraser(name: str, eraser: Eraser) -> None:
    """Have an app's data erased; the last registered goes first, the highest app's.

    Raises:
        ValueError: the name is taken.
    """
    _add(_erasers, name, eraser)


def keep_back(model: str, why: str) -> None:
    """Say why an app's exporter leaves out rows of a model that belong to somebody.

    Named as in `accounts.Membership`; the archive's README tells it.

    Raises:
        ValueError: another reason was given before.
    """
    _add(_kept_back, model, why)


def kept_back() -> Mapping[str, str]:
    """Return the models that are not exported, each with the reason."""
    return MappingProxyType(_kept_back)


def register_holding(holding: Holding) -> None:
    """Have workspaces told of what an app hides from them.

    Raises:
        ValueError: the noun is taken.
    """
    _add(_holdings, holding.noun, holding)


def holdings() -> tuple[Holding, ...]:
    """Return everything that may be hidden."""
    return tuple(_holdings.values())


def exporters() -> Mapping[str, Exporter]:
    """Return every exporter by name."""
    return MappingProxyType(_exporters)


def erasers() -> tuple[tuple[str, Eraser], ...]:
    """Return every eraser with its name, in the order in which they run."""
    return tuple(reversed(_erasers.items()))


def _add(entries: dict[str, Entry], name: str, entry: Entry) -> None:
    if name in entries and entries[name] != entry:
        raise ValueError(f"{name!r} is registered already")
    entries[name] = entry
