"""What higher apps tell markets without being imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from uuid import UUID

    Watcher = Callable[[], Iterable[UUID]]

_watchers: dict[str, Watcher] = {}


def register_watcher(name: str, watch: Watcher) -> None:
    """Have the markets whose ids `watch` returns kept fresh.

    Raises:
        ValueError: a watcher of that name exists.
    """
    if name in _watchers:
        raise ValueError(f"there is a watcher named {name!r} already")
    _watchers[name] = watch


def list_watched() -> set[UUID]:
    """Return the ids of the markets that somebody watches now."""
    return {market_id for watch in _watchers.values() for market_id in watch()}
