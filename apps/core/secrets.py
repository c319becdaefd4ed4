"""The installation's own keyset, and what is sealed with it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings

from apps.core.crypto import Keyset, SealedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet


def get_keyset() -> Keyset:
    """Return the keys that seal what this installation stores.

    Raises:
        ValueError: a configured key is malformed; the system check names it.
    """
    return _keyset(tuple(settings.ENCRYPTION_KEYS), settings.SECRET_KEY)


@cache
def _keyset(texts: tuple[str, ...], secret: str) -> Keyset:
    return Keyset.parse(texts) if texts else Keyset.derive(secret)


@dataclass(frozen=True, slots=True)
class Resealed:
    """What became of one kind of secrets: sealed anew, current already, not opening."""

    renewed: int = 0
    current: int = 0
    lost: int = 0


_kinds: dict[str, Callable[[], Resealed]] = {}


def register_sealed(kind: str, reseal: Callable[[], Resealed]) -> None:
    """Have secrets of this kind sealed anew after a rotation of keys.

    Raises:
        ValueError: that kind is registered already.
    """
    if kind in _kinds:
        raise ValueError(f"secrets of the kind {kind!r} are registered already")
    _kinds[kind] = reseal


def reseal_all() -> dict[str, Resealed]:
    """Seal every stored secret with the first key, and say what became of each kind.

    Doing it twice, or in two processes at once, changes nothing more.
    """
    return {kind: reseal() for kind, reseal in _kinds.items()}


def reseal_rows(
    rows: QuerySet[Any], field: str, context_of: Callable[[Any], str]
) -> Resealed:
    """Seal the secrets in one column anew where another key than the first sealed them.

    A secret that was replaced meanwhile is left alone: it is of the newest key.
    """
    keyset, renewed, current, lost = get_keyset(), 0, 0, 0
    for row in rows.iterator():
        sealed, context = bytes(getattr(row, field)), context_of(row)
        if keyset.is_current(sealed):
            current += 1
            continue
        try:
            text = keyset.open(sealed, context=context)
        except SealedError:
            lost += 1
            continue
        same = rows.filter(pk=row.pk, **{field: sealed})
        renewed += same.update(**{field: keyset.seal(text, context=context)})
    return Resealed(renewed, current, lost)
