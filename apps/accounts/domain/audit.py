"""The acts that the audit log knows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID


class Act(StrEnum):
    """What somebody did that matters for security."""

    WORKSPACE_CREATED = "workspace.created"
    WORKSPACE_RENAMED = "workspace.renamed"
    TIER_CHANGED = "tier.changed"
    CREDENTIAL_STORED = "credential.stored"
    CREDENTIAL_REPLACED = "credential.replaced"
    CREDENTIAL_REMOVED = "credential.removed"
    WEBHOOK_SECRET_MADE = "webhook_secret.made"  # noqa: S105
    WEBHOOK_SECRET_ROTATED = "webhook_secret.rotated"  # noqa: S105
    KEY_CREATED = "key.created"
    KEY_RENAMED = "key.renamed"
    KEY_ROTATED = "key.rotated"
    KEY_REVOKED = "key.revoked"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it: a person, an API key, or the installation itself.

    `label` is the person's e-mail address at that time, or what else names the actor;
    `ip` is where the request came from, "" where there was none.
    """

    user_id: UUID | None = None
    label: str = ""
    ip: str = ""
    key_id: UUID | None = None


SYSTEM = Actor(label="Assay")
