"""Making, renaming, rotating and revoking API keys."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.accounts.domain.addresses import parse_network
from apps.accounts.domain.audit import Act
from apps.accounts.domain.keys import (
    DRAWN_BELOW,
    LAST_LETTERS,
    KeyPower,
    Scope,
    digest_of,
    forbidden_scopes,
    make_key,
)
from apps.accounts.domain.roles import Power
from apps.accounts.domain.tiers import Entitlement
from apps.accounts.models import ApiKey
from apps.accounts.selectors.entitlements import entitlements
from apps.accounts.selectors.keys import get_keys_workspace, get_manageable_key
from apps.accounts.services.admission import look_again_at_key, refuse_key
from apps.accounts.services.audit import record
from apps.accounts.services.locks import hold_workspace
from apps.core.errors import ConflictError, ForbiddenError, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from apps.accounts.domain.audit import Actor
    from apps.accounts.selectors.workspaces import Viewer

MOST_KEYS = 100  # in use, in one workspace
MOST_NETWORKS = 50
LONGEST_OVERLAP = timedelta(days=30)
LONGEST_LIFE = timedelta(days=3660)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made: the only time that `secret` is known."""

    id: UUID
    secret: str


@transaction.atomic
def create_key(
    *,
    viewer: Viewer,
    workspace_id: UUID,
    name: str,
    power: KeyPower,
    scopes: Collection[Scope],
    actor: Actor,
    now: datetime,
    expires_at: datetime | None = None,
    networks: Sequence[str] = (),
) -> NewKey:
    """Make a key and return it, which happens once.

    Raises:
        ConflictError: the workspace has as many keys as it may.
        EntitlementError: allow-lists are not part of the tier.
        ForbiddenError: the role does not allow it, or not these scopes.
        InvalidInputError: a value has the wrong form.
        NotFoundError: a stranger asks.
    """
    wanted = frozenset(scopes)
    # Of two at once the second sees what the first has left: members, keys, room.
    hold_workspace(viewer, workspace_id)
    _require_role(viewer, workspace_id, wanted)
    _require_scopes(power, wanted)
    _require_room(workspace_id, now)
    if expires_at is not None and not now < expires_at <= now + LONGEST_LIFE:
        raise InvalidInputError("expires_at lies ahead, and within ten years.")
    key = ApiKey(
        workspace_id=workspace_id,
        created_by_id=viewer.user_id,
        name=name.strip(),
        power=power.value,
        scopes=sorted(scope.value for scope in wanted),
        networks=_read_networks(workspace_id, networks, now),
        created_at=now,
        expires_at=expires_at,
    )
    return _store_new(key, actor, now)


@transaction.atomic
def rename_key(
    *,
    viewer: Viewer,
    workspace_id: UUID,
    key_id: UUID,
    name: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Give a key another name.

    Raises:
        ForbiddenError: the role does not allow it.
        InvalidInputError: the name is empty or too long.
        NotFoundError: no such key is visible.
    """
    row = get_manageable_key(viewer, workspace_id, key_id, now=now)
    key = ApiKey.objects.select_for_update().get(pk=row.id)
    before, key.name = key.name, name.strip()
    _clean(key)
    key.save(update_fields=["name"])
    _record(Act.KEY_RENAMED, key, actor, now, before=before)


@transaction.atomic
def revoke_key(
    *, viewer: Viewer, workspace_id: UUID, key_id: UUID, actor: Actor, now: datetime
) -> None:
    """Revoke a key: it opens nothing from now on, in every process. Twice is once.

    Raises:
        ForbiddenError: the role does not allow it.
        NotFoundError: no such key is visible.
    """
    row = get_manageable_key(viewer, workspace_id, key_id, now=now)
    key = ApiKey.objects.select_for_update().get(pk=row.id)
    if key.revoked_at is not None:
        return
    _revoke(key, actor, now)


@transaction.atomic
def rotate_key(
    *,
    viewer: Viewer,
    workspace_id: UUID,
    key_id: UUID,
    overlap: timedelta,
    actor: Actor,
    now: datetime,
) -> NewKey:
    """Make a key like another, which opens for `overlap` longer and no more.

    Raises:
        ConflictError: the key is not in use, or the workspace has too many.
        ForbiddenError: the role does not allow it.
        InvalidInputError: the overlap is too long.
        NotFoundError: no such key is visible.
    """
    hold_workspace(viewer, workspace_id)
    row = get_manageable_key(viewer, workspace_id, key_id, now=now)
    if row.state != "active":
        raise ConflictError(f"This key is {row.state}: make a new one.")
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise InvalidInputError("The overlap is at most 30 days.")
    old = ApiKey.objects.select_for_update().get(pk=row.id)
    made = _make_like(old, viewer=viewer, actor=actor, now=now)
    ends = now + overlap
    if old.expires_at is None or ends < old.expires_at:
        old.expires_at = ends
        old.save(update_fields=["expires_at"])
    _record(Act.KEY_ROTATED, old, actor, now, by=str(made.id))
    return made


@transaction.atomic
def revoke_all_keys(*, workspace_id: UUID, actor: Actor, now: datetime) -> int:
    """Revoke every key of a workspace, as when it is deleted; return how many."""
    keys = ApiKey.objects.select_for_update().filter(
        workspace_id=workspace_id, revoked_at__isnull=True
    )
    for key in keys:
        _revoke(key, actor, now)
    return len(keys)


@transaction.atomic
def revoke_keys_of(
    *, workspace_id: UUID, user_id: UUID, actor: Actor, now: datetime
) -> int:
    """Revoke what a person made in a workspace that they leave; return how many."""
    keys = ApiKey.objects.select_for_update().filter(
        workspace_id=workspace_id, created_by_id=user_id, revoked_at__isnull=True
    )
    for key in keys:
        _revoke(key, actor, now)
    return len(keys)


@transaction.atomic
def revoke_keys_made_by(*, user_id: UUID, actor: Actor, now: datetime) -> int:
    """Revoke what a person made in any workspace, as when they go; return how many."""
    keys = ApiKey.objects.select_for_update().filter(
        created_by_id=user_id, revoked_at__isnull=True
    )
    for key in keys:
        _revoke(key, actor, now)
    return len(keys)


@transaction.atomic
def look_again_at_keys_of(*, user_id: UUID) -> None:
    """Have the gate hear at once that a person was switched off, or on."""
    keys = ApiKey.objects.filter(created_by_id=user_id, revoked_at__isnull=True)
    for digest in keys.values_list("digest", flat=True):
        transaction.on_commit(partial(look_again_at_key, digest=digest))


@transaction.atomic
def revoke_as_operator(*, key_id: UUID, actor: Actor, now: datetime) -> bool:
    """Revoke a key in whose workspace one has no role; return whether it was in use."""
    unrevoked = ApiKey.objects.select_for_update().filter(revoked_at__isnull=True)
    key = unrevoked.filter(pk=key_id).first()
    if key is None:
        return False
    _revoke(key, actor, now)
    return True


def _revoke(key: ApiKey, actor: Actor, now: datetime) -> None:
    key.revoked_at = now
    key.save(update_fields=["revoked_at"])
    transaction.on_commit(partial(refuse_key, digest=key.digest))
    _record(Act.KEY_REVOKED, key, actor, now)


def _make_like(old: ApiKey, *, viewer: Viewer, actor: Actor, now: datetime) -> NewKey:
    """Make a key like another; its allow-list stays, whatever the tier is by now."""
    _require_role(viewer, old.workspace_id, frozenset(map(Scope, old.scopes)))
    _require_room(old.workspace_id, now)
    life = None if old.expires_at is None else old.expires_at - old.created_at
    like = ApiKey(
        workspace_id=old.workspace_id,
        created_by_id=viewer.user_id,
        name=old.name,
        power=old.power,
        scopes=old.scopes,
        networks=old.networks,
        created_at=now,
        expires_at=None if life is None else now + life,
    )
    return _store_new(like, actor, now)


def _store_new(key: ApiKey, actor: Actor, now: datetime) -> NewKey:
    secret = make_key(KeyPower(key.power), secrets.randbelow(DRAWN_BELOW))
    key.digest, key.last_four = digest_of(secret), secret[-LAST_LETTERS:]
    _clean(key)
    key.save(force_insert=True)
    _record(Act.KEY_CREATED, key, actor, now, power=key.power, scopes=key.scopes)
    return NewKey(key.id, secret)


def _record(
    act: Act, key: ApiKey, actor: Actor, now: datetime, **details: object
) -> None:
    record(
        act=act,
        actor=actor,
        now=now,
        workspace_id=key.workspace_id,
        subject=str(key),
        details={"key": str(key.id), **details},
    )


def _clean(key: ApiKey) -> None:
    if not key.name.isprintable():
        raise InvalidInputError("name: it holds characters that cannot be shown.")
    try:
        key.full_clean(validate_constraints=False)
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise InvalidInputError(f"{field}: {messages[0]}") from error


def _require_role(viewer: Viewer, workspace_id: UUID, scopes: frozenset[Scope]) -> None:
    workspace = get_keys_workspace(viewer, workspace_id)
    if Scope.ACCOUNT_WRITE in scopes and not workspace.allows(Power.SETTINGS):
        raise ForbiddenError(
            "Only administrators may give a key the scope account:write."
        )


def _require_scopes(power: KeyPower, scopes: frozenset[Scope]) -> None:
    if not scopes:
        raise InvalidInputError("scopes: a key needs at least one.")
    if wrong := forbidden_scopes(power, scopes):
        names = ", ".join(sorted(scope.value for scope in wrong))
        raise InvalidInputError(f"scopes: a key that only reads cannot have {names}.")


def _require_room(workspace_id: UUID, now: datetime) -> None:
    used = ApiKey.objects.filter(workspace_id=workspace_id, revoked_at__isnull=True)
    if used.exclude(expires_at__lte=now).count() >= MOST_KEYS:
        raise ConflictError(
            f"A workspace has {MOST_KEYS} keys at most: revoke one first."
        )


def _read_networks(
    workspace_id: UUID, networks: Sequence[str], now: datetime
) -> list[str]:
    texts = [text.strip() for text in networks if text.strip()]
    if not texts:
        return []
    entitlements(workspace_id, now).require(Entitlement.IP_ALLOW_LISTS)
    if len(texts) > MOST_NETWORKS:
        raise InvalidInputError(f"networks: at most {MOST_NETWORKS}.")
    read = []
    for text in texts:
        try:
            read.append(str(parse_network(text)))
        except ValueError:
            raise InvalidInputError(
                f"networks: {text[:60]!r} is no network such as 192.0.2.0/24."
            ) from None
    return read
