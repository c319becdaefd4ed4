"""The keys of a workspace, as its members see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.accounts.domain.keys import KeyPower, known_scopes
from apps.accounts.domain.roles import Power
from apps.accounts.models import ApiKey
from apps.accounts.selectors.workspaces import get_workspace
from apps.core.errors import ForbiddenError, NotFoundError

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from apps.accounts.domain.keys import Scope
    from apps.accounts.selectors.workspaces import Viewer, WorkspaceRow


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key without its secret; `shown` is all of it that anybody can see again.

    `state` is `active`, `expired` or `revoked`; `is_own` says whether the one who looks
    made it, `is_manageable` whether they may rename, rotate and revoke it.
    """

    id: UUID
    workspace_id: UUID
    name: str
    power: KeyPower
    scopes: tuple[Scope, ...]
    shown: str
    networks: tuple[str, ...]
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    state: str
    is_own: bool
    is_manageable: bool


def list_keys(
    viewer: Viewer, workspace_id: UUID, *, now: datetime
) -> tuple[KeyRow, ...]:
    """Return the keys of a workspace, those in use first, the newest first.

    Raises:
        ForbiddenError: a key asks, or a member who may make no keys.
        NotFoundError: a stranger asks.
    """
    workspace = get_keys_workspace(viewer, workspace_id)
    keys = ApiKey.objects.select_related("created_by").filter(workspace=workspace_id)
    rows = [_to_row(key, viewer, workspace, now) for key in keys]
    return tuple(sorted(rows, key=lambda row: row.state != "active"))


def get_visible_key(
    viewer: Viewer, workspace_id: UUID, key_id: UUID, *, now: datetime
) -> KeyRow:
    """Return one key to a member who may look at keys.

    Raises:
        ForbiddenError: a key asks, or a member who may make no keys.
        NotFoundError: there is no such key in the workspace, or a stranger asks.
    """
    workspace = get_keys_workspace(viewer, workspace_id)
    key = (
        ApiKey.objects.select_related("created_by")
        .filter(workspace=workspace_id, pk=key_id)
        .first()
    )
    if key is None:
        raise NotFoundError(f"There is no key {key_id}.")
    return _to_row(key, viewer, workspace, now)


def get_manageable_key(
    viewer: Viewer, workspace_id: UUID, key_id: UUID, *, now: datetime
) -> KeyRow:
    """Return one key to a member who may change it: its maker, or an administrator.

    Raises:
        ForbiddenError: another member asks.
        NotFoundError: there is no such key in the workspace, or a stranger asks.
    """
    row = get_visible_key(viewer, workspace_id, key_id, now=now)
    if not row.is_manageable:
        raise ForbiddenError("Only its maker and administrators may change a key.")
    return row


def get_keys_workspace(viewer: Viewer, workspace_id: UUID) -> WorkspaceRow:
    """Return a workspace to a member who may make keys in it.

    Raises:
        ForbiddenError: a key asks: a key never manages keys, whatever its scopes.
        NotFoundError: a stranger asks.
    """
    if viewer.key_id is not None:
        get_workspace(viewer, workspace_id)  # a stranger's key learns nothing more
        raise ForbiddenError("A key cannot manage keys: sign in.")
    return get_workspace(viewer, workspace_id, needs=Power.KEYS)


def names_of_keys(workspace_id: UUID) -> dict[UUID, str]:
    """Return what the keys of a workspace are called, revoked ones too."""
    keys = ApiKey.objects.filter(workspace=workspace_id)
    return {key.id: str(key) for key in keys.only("id", "name", "last_four")}


def _to_row(
    key: ApiKey, viewer: Viewer, workspace: WorkspaceRow, now: datetime
) -> KeyRow:
    is_own = key.created_by_id is not None and key.created_by_id == viewer.user_id
    return KeyRow(
        id=key.id,
        workspace_id=key.workspace_id,
        name=key.name,
        power=KeyPower(key.power),
        scopes=known_scopes(key.scopes),
        shown=f"assay_{key.power}_…{key.last_four}",
        networks=tuple(key.networks),
        created_by=str(key.created_by or ""),
        created_at=key.created_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
        last_used_at=key.last_used_at,
        state=_state_of(key, now),
        is_own=is_own,
        is_manageable=is_own or workspace.allows(Power.ALL_KEYS),
    )


def _state_of(key: ApiKey, now: datetime) -> str:
    if key.revoked_at is not None:
        return "revoked"
    is_over = key.expires_at is not None and key.expires_at <= now
    return "expired" if is_over else "active"
