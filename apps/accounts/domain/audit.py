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
    WORKSPACE_DELETION_ASKED = "workspace.deletion_asked"
    WORKSPACE_DELETION_TAKEN_BACK = "workspace.deletion_taken_back"
    WORKSPACE_DELETED = "workspace.deleted"
    OWNERSHIP_TRANSFERRED = "workspace.ownership_transferred"
    MEMBER_INVITED = "member.invited"
    MEMBER_INVITED_AGAIN = "member.invited_again"
    MEMBER_JOINED = "member.joined"
    MEMBER_ROLE_CHANGED = "member.role_changed"
    MEMBER_REMOVED = "member.removed"
    MEMBER_LEFT = "member.left"
    INVITATION_REVOKED = "invitation.revoked"
    INVITATION_DECLINED = "invitation.declined"
    TIER_CHANGED = "tier.changed"
    PLAN_CHANGED = "plan.changed"
    PLAN_CANCELED = "plan.canceled"
    PLAN_RESUMED = "plan.resumed"
    OPERATOR_CHANGED = "operator.changed"
    IMPERSONATION_STARTED = "impersonation.started"
    IMPERSONATION_STOPPED = "impersonation.stopped"
    CREDENTIAL_STORED = "credential.stored"
    CREDENTIAL_REPLACED = "credential.replaced"
    CREDENTIAL_REMOVED = "credential.removed"
    WEBHOOK_SECRET_MADE = "webhook_secret.made"  # noqa: S105
    WEBHOOK_SECRET_ROTATED = "webhook_secret.rotated"  # noqa: S105
    KEY_CREATED = "key.created"
    KEY_RENAMED = "key.renamed"
    KEY_ROTATED = "key.rotated"
    KEY_REVOKED = "key.revoked"

    SIGNED_UP = "person.signed_up"
    SIGNED_IN = "person.signed_in"
    SIGN_IN_FAILED = "person.sign_in_failed"
    SIGNED_OUT = "person.signed_out"
    SESSION_ENDED = "person.session_ended"
    PASSWORD_CHANGED = "person.password_changed"  # noqa: S105
    PASSWORD_SET = "person.password_set"  # noqa: S105
    PASSWORD_RESET = "person.password_reset"  # noqa: S105
    EMAIL_CONFIRMED = "person.email_confirmed"
    EMAIL_CHANGED = "person.email_changed"
    EMAIL_REMOVED = "person.email_removed"
    APP_ADDED = "person.app_added"
    APP_REMOVED = "person.app_removed"
    RECOVERY_CODES_MADE = "person.recovery_codes_made"
    PASSKEY_ADDED = "person.passkey_added"
    PASSKEY_REMOVED = "person.passkey_removed"
    FACTORS_REMOVED = "person.factors_removed"
    EXPORT_ASKED = "person.export_asked"
    EXPORT_READY = "person.export_ready"
    EXPORT_FETCHED = "person.export_fetched"
    DELETION_ASKED = "person.deletion_asked"
    DELETION_TAKEN_BACK = "person.deletion_taken_back"
    PERSON_ERASED = "person.erased"
    PROVIDER_CONNECTED = "person.provider_connected"
    PROVIDER_DISCONNECTED = "person.provider_disconnected"


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
