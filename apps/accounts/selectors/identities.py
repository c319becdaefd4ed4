"""Whom a key or a session stands for, as the gate keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from apps.accounts.domain.addresses import parse_network, prefix_of
from apps.accounts.domain.admission import Identity, StoredIdentity
from apps.accounts.domain.keys import Scope, known_scopes
from apps.accounts.domain.roles import Power, Role, has_power
from apps.accounts.models import ApiKey, Membership
from apps.accounts.selectors.entitlements import entitlements

if TYPE_CHECKING:
    from datetime import datetime

REVOKED = StoredIdentity(Identity(refused="revoked"))
# What only a member does; which of it a key does, its scopes say at the gate.
_MEMBERS = frozenset({Scope.RUNS_WRITE, Scope.PREDICTIONS_WRITE})
UNKNOWN = StoredIdentity(Identity(refused="unknown"))


def find_identity(name: str, now: datetime) -> StoredIdentity:
    """Return whom `key:<digest>` or `person:<id>` stands for."""
    kind, _, value = name.partition(":")
    if kind == "key":
        return _identity_of_key(value, now)
    return StoredIdentity(Identity(workspace_id=acting_workspace(UUID(value), now)))


def acting_workspace(user_id: UUID, now: datetime) -> UUID | None:
    """Return the workspace that a person's own calls count for.

    It is the one whose tier has the most calls; of equals, their own.
    """
    found = (
        Membership.objects.filter(user_id=user_id)
        .select_related("workspace")
        .order_by("created_at", "id")
    )
    ranked = [
        (
            -_calls(member.workspace_id, now),
            member.workspace.personal_of_id != user_id,
            index,
            member.workspace_id,
        )
        for index, member in enumerate(found)
    ]
    return min(ranked)[-1] if ranked else None


def _calls(workspace_id: UUID, now: datetime) -> float:
    calls = entitlements(workspace_id, now).limit.calls
    return float("inf") if calls is None else calls


def _identity_of_key(digest: str, now: datetime) -> StoredIdentity:
    key = ApiKey.objects.filter(digest=digest).first()
    if key is None:
        return UNKNOWN
    if key.revoked_at is not None:
        return REVOKED
    maker = _maker_of(key)
    if maker is None:
        return REVOKED
    scopes = frozenset(known_scopes(key.scopes))
    identity = Identity(
        workspace_id=key.workspace_id,
        key_id=key.id,
        scopes=scopes,
        role=_role_of(Role(maker.role), scopes),
    )
    return StoredIdentity(
        identity,
        expires=key.expires_at.timestamp() if key.expires_at else None,
        networks=_networks_of(key),
    )


def _maker_of(key: ApiKey) -> Membership | None:
    """Return what a key's maker is in its workspace, unless gone or switched off."""
    if key.created_by_id is None:
        return None
    return Membership.objects.filter(
        workspace_id=key.workspace_id,
        user_id=key.created_by_id,
        user__is_active=True,
    ).first()


def _role_of(maker: Role, scopes: frozenset[Scope]) -> Role:
    """Return what a key is in its workspace: never more than its maker is there now."""
    if Scope.ACCOUNT_WRITE in scopes and has_power(maker, Power.SETTINGS):
        return Role.ADMIN
    if scopes & _MEMBERS and has_power(maker, Power.RUN):
        return Role.MEMBER
    return Role.VIEWER


def _networks_of(key: ApiKey) -> tuple[str, ...]:
    """Return the key's allow-list in bits.

    It holds on after a downgrade: a plan that ends must not open a key to the world.
    """
    return tuple(prefix_of(parse_network(text)) for text in key.networks)
