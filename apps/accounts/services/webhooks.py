"""What callbacks are signed with, and where they may go."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import httpx2
from django.conf import settings
from django.db import transaction

from apps.accounts.domain.audit import Act, Actor
from apps.accounts.domain.webhooks import (
    OVERLAP,
    SECRET_BYTES,
    check_form,
    write_secret,
)
from apps.accounts.models import WebhookSecret, Workspace
from apps.accounts.services.audit import record
from apps.core.errors import InvalidInputError, NotFoundError
from apps.core.http import refuse_private_host
from apps.core.ids import new_id
from apps.core.secrets import Resealed, get_keyset, reseal_rows

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


def check_callback(url: str) -> None:
    """Pass where a callback may be sent to an address.

    Raises:
        InvalidInputError: its form is wrong, its name stands for nothing, or what it
            stands for is not public.
    """
    host = check_form(url, settings.WEBHOOK_SCHEMES)
    try:
        refuse_private_host(host)
    except httpx2.ConnectError as error:
        raise InvalidInputError(f"webhook_url: {error}.") from None
    except (OSError, UnicodeError):
        raise InvalidInputError(f"webhook_url: {host} is no known host.") from None


@transaction.atomic
def ensure_secret(*, workspace_id: UUID, actor: Actor, now: datetime) -> bool:
    """Make a workspace's first secret where it has none; return whether it was made.

    Raises:
        NotFoundError: there is no such workspace.
    """
    _lock(workspace_id)
    if WebhookSecret.objects.filter(
        workspace_id=workspace_id, expires_at__isnull=True
    ).exists():
        return False
    _make(workspace_id, now)
    record(act=Act.WEBHOOK_SECRET_MADE, actor=actor, now=now, workspace_id=workspace_id)
    return True


@transaction.atomic
def rotate_secret(*, workspace_id: UUID, actor: Actor, now: datetime) -> None:
    """Put a new secret in the place of the current one, which signs on for a day.

    One that was replaced before then signs no more: two at most are valid.

    Raises:
        NotFoundError: there is no such workspace.
    """
    _lock(workspace_id)
    mine = WebhookSecret.objects.filter(workspace_id=workspace_id)
    mine.filter(expires_at__isnull=False).delete()
    had = mine.update(expires_at=now + OVERLAP)
    _make(workspace_id, now)
    record(
        act=Act.WEBHOOK_SECRET_ROTATED if had else Act.WEBHOOK_SECRET_MADE,
        actor=actor,
        now=now,
        workspace_id=workspace_id,
    )


def reseal_webhook_secrets() -> Resealed:
    """Seal with the first key what another one sealed."""
    return reseal_rows(
        WebhookSecret.objects.all(), "sealed", lambda row: str(row.context)
    )


def _lock(workspace_id: UUID) -> None:
    found = Workspace.objects.select_for_update(no_key=True).filter(pk=workspace_id)
    if found.first() is None:
        raise NotFoundError(f"There is no workspace {workspace_id}.")


def _make(workspace_id: UUID, now: datetime) -> None:
    made = WebhookSecret(id=new_id(), workspace_id=workspace_id, created_at=now)
    text = write_secret(secrets.token_bytes(SECRET_BYTES))
    made.sealed = get_keyset().seal(text, context=made.context)
    made.full_clean()
    made.save(force_insert=True)
