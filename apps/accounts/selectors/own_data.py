"""What accounts keeps about a person and about a workspace, for an export."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.db.models import F, Q

from apps.accounts.domain.exports import ExportFile
from apps.accounts.domain.roles import Role
from apps.accounts.models import (
    ApiKey,
    AuditEvent,
    BillingCustomer,
    DataExport,
    Delivery,
    Invitation,
    Invoice,
    Membership,
    Subscription,
    TierOverride,
    UsageHour,
    User,
    Workspace,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from uuid import UUID

    from django.db.models import Model, QuerySet

    from apps.accounts.registry import Subject

CHUNK = 500
_KEY = (
    "id",
    "workspace_id",
    "name",
    "power",
    "scopes",
    "networks",
    "last_four",
    "created_at",
    "expires_at",
    "revoked_at",
    "last_used_at",
)
_OF_OPERATION = "It serves the operation alone and goes by itself."
NOT_EXPORTED = {
    "accounts.ApiRequest": (
        "Single calls of the API are kept for 90 days at most, for operation; "
        "usage.jsonl has what they add up to."
    ),
    "accounts.KeptAnswer": _OF_OPERATION,
    "accounts.UsageWarning": _OF_OPERATION,
    "accounts.WebhookSecret": "A secret is shown once and never again.",
    "accounts.User_groups": "What an operator of the installation may do in the admin.",
    "accounts.User_user_permissions": (
        "What an operator of the installation may do in the admin."
    ),
    "admin.LogEntry": "What an operator of the installation did in the admin.",
}


def list_owned_workspaces(user_id: UUID) -> tuple[UUID, ...]:
    """Return the workspaces that a person owns, their own first."""
    owned = Membership.objects.filter(user_id=user_id, role=Role.OWNER)
    oldest = owned.order_by(F("workspace__personal_of").asc(nulls_last=True), "id")
    return tuple(oldest.values_list("workspace_id", flat=True))


def export_own_data(subject: Subject) -> Mapping[str, ExportFile]:
    """Return what is kept about a person or a workspace, by file."""
    if subject.user_id is not None:
        return _of_person(subject.user_id)
    if subject.workspace_id is not None:
        return _of_workspace(subject.workspace_id)
    return {}


def _of_person(user_id: UUID) -> dict[str, ExportFile]:
    mine = {"user_id": user_id}
    emails = EmailAddress.objects.filter(user_id=user_id).values("email")
    invited = Q(invited_by_id=user_id) | Q(email__in=emails)
    acts = AuditEvent.objects.filter(Q(actor_id=user_id) | Q(person_id=user_id))
    return {
        "profile.json": _file(
            "Who you are here.",
            User.objects.filter(pk=user_id),
            *("id", "email", "name", "is_staff", "date_joined", "last_login"),
            "deletion_due_at",
        ),
        "addresses.json": _file(
            "Your e-mail addresses.",
            EmailAddress.objects.filter(**mine),
            *("email", "verified", "primary"),
        ),
        "memberships.json": _file(
            "The workspaces that you belong to, and as what.",
            Membership.objects.filter(**mine),
            *("workspace_id", "workspace__name", "role", "created_at"),
        ),
        **_ways_in(mine),
        "invitations.json": _file(
            "Invitations that you sent or were sent.",
            Invitation.objects.filter(invited),
            *("workspace_id", "email", "role", "state", "created_at", "expires_at"),
        ),
        "keys.json": _file(
            "API keys that you made, without the keys themselves.",
            ApiKey.objects.filter(created_by_id=user_id),
            *_KEY,
        ),
        "exports.json": _file(
            "The exports that you asked for.",
            DataExport.objects.filter(**mine),
            *("asked_at", "state", "ready_at", "expires_at", "size"),
        ),
        "audit.jsonl": _file(
            "What you did, and what was done to your account, as it was put on record.",
            acts.order_by("at", "id"),
            *("at", "act", "workspace_id", "actor_label", "ip", "subject", "details"),
        ),
    }


def _ways_in(mine: dict[str, Any]) -> dict[str, ExportFile]:
    return {
        "sessions.json": _file(
            "Where you are signed in.",
            UserSession.objects.filter(**mine),
            *("ip", "user_agent", "created_at", "last_seen_at"),
        ),
        "connections.json": _file(
            "Accounts elsewhere by which you sign in, with what they told of you.",
            SocialAccount.objects.filter(**mine),
            *("provider", "uid", "last_login", "date_joined", "extra_data"),
        ),
        "second_factors.json": _file(
            "Apps, passkeys and recovery codes, without their secrets.",
            Authenticator.objects.filter(**mine),
            *("type", "created_at", "last_used_at"),
        ),
    }


def _of_workspace(workspace_id: UUID) -> dict[str, ExportFile]:
    here = {"workspace_id": workspace_id}
    return {
        "workspace.json": _file(
            "The workspace.",
            Workspace.objects.filter(pk=workspace_id),
            *("id", "name", "personal_of_id", "created_at", "deletion_due_at"),
        ),
        "members.json": _file(
            "Who belongs to it.",
            Membership.objects.filter(**here),
            *("user__email", "user__name", "role", "created_at"),
        ),
        "invitations.json": _file(
            "Who was invited to it.",
            Invitation.objects.filter(**here),
            *("email", "role", "state", "created_at", "expires_at"),
        ),
        "keys.json": _file(
            "Its API keys, without the keys themselves.",
            ApiKey.objects.filter(**here),
            *_KEY,
        ),
        "callbacks.jsonl": _file(
            "The callbacks that were sent for it.",
            Delivery.objects.filter(**here),
            *("kind", "reference", "url", "body", "status", "attempts", "created_at"),
        ),
        "usage.jsonl": _file(
            "Its calls of the API, by hour, key and endpoint.",
            UsageHour.objects.filter(**here).order_by("hour", "id"),
            *("hour", "key_id", "method", "route", "calls", "refused", "failed", "ms"),
        ),
        **_billing_of(here),
    }


def _billing_of(here: dict[str, Any]) -> dict[str, ExportFile]:
    return {
        "agreements.json": _file(
            "What it has by agreement, apart from its plan.",
            TierOverride.objects.filter(**here),
            *("tier__name", "calls_per_hour", "history_days", "granted", "withheld"),
            *("expires_at", "reason"),
        ),
        "customer.json": _file(
            "The customer at the biller.",
            BillingCustomer.objects.filter(**here),
            *("stripe_id", "email", "created_at"),
        ),
        "subscriptions.json": _file(
            "Its subscriptions.",
            Subscription.objects.filter(**here),
            *("stripe_id", "status", "tier__name", "interval", "started_at"),
            *("current_period_end", "cancel_at_period_end", "ended_at"),
        ),
        "invoices.json": _file(
            "Its invoices.",
            Invoice.objects.filter(**here),
            *("stripe_id", "number", "status", "currency", "total", "amount_paid"),
            *("created_at", "page_url"),
        ),
    }


def _file(about: str, rows: QuerySet[Any], *fields: str) -> ExportFile:
    model: type[Model] = rows.model
    return ExportFile(about, _read(rows, fields), (model._meta.label,))  # noqa: SLF001


def _read(rows: QuerySet[Any], fields: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Read rows by the batch: of many, never all are in memory."""
    yield from rows.values(*fields).iterator(chunk_size=CHUNK)
