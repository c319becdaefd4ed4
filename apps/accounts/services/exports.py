"""An export of one's data: asked for, taken by a worker, finished, thrown away."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import structlog
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from kombu.exceptions import OperationalError

from apps.accounts.domain.audit import SYSTEM, Act
from apps.accounts.domain.exports import (
    KEPT_FOR,
    LEASE,
    MOST_ATTEMPTS,
    ONE_PER,
    TOKEN_BYTES,
    ExportState,
    digest_of,
)
from apps.accounts.gateways.export_files import list_archives, remove_archive
from apps.accounts.models import UNDER_WAY, DataExport, User
from apps.accounts.selectors.people import personal_workspace_id
from apps.accounts.services.audit import record
from apps.accounts.services.mail import queue_mail
from apps.core.errors import ConflictError
from apps.core.jobs import enqueue

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from apps.accounts.domain.audit import Actor

logger = structlog.get_logger(__name__)

SUBJECT = "Your data from Assay"


@dataclass(frozen=True, slots=True)
class Taken:
    """An export in the hands of one worker, by the number of its attempt."""

    id: UUID
    user_id: UUID
    attempt: int


@transaction.atomic
def ask_export(*, user_id: UUID, origin: str, actor: Actor, now: datetime) -> UUID:
    """Have a person's data put into an archive; a link to it comes by mail.

    `origin` is where the service is reached, such as `https://assay.example`.

    Raises:
        ConflictError: one is under way, or was made in the last day.
    """
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    exports = DataExport.objects.filter(user_id=user_id)
    if exports.filter(state__in=UNDER_WAY).exists():
        raise ConflictError("An export of your data is being prepared already.")
    lately = exports.filter(asked_at__gt=now - ONE_PER)
    if lately.exclude(state=ExportState.FAILED.value).exists():
        raise ConflictError("You had an export in the last 24 hours: ask tomorrow.")
    export = DataExport(user=user, origin=origin, asked_at=now)
    export.full_clean()
    export.save(force_insert=True)
    _record(Act.EXPORT_ASKED, export, actor, now)
    transaction.on_commit(partial(_announce, export.id))
    return export.id


@transaction.atomic
def take_export(*, export_id: UUID, now: datetime) -> Taken | None:
    """Take an export that nobody works on; None where there is nothing to do.

    One that several workers were lost over is given up.
    """
    export = _free(now).select_for_update(skip_locked=True).filter(pk=export_id).first()
    if export is None:
        return None
    if export.attempts >= MOST_ATTEMPTS:
        _fail(export)
        return None
    export.state = ExportState.BUILDING.value
    export.attempts += 1
    export.leased_until = now + LEASE
    export.save(update_fields=["state", "attempts", "leased_until"])
    return Taken(export.id, export.user_id, export.attempts)


def keep_export(*, taken: Taken, now: datetime) -> bool:
    """Hold an export for longer; False where another worker has it by now."""
    held = _held(taken).update(leased_until=now + LEASE)
    return held == 1


@transaction.atomic
def finish_export(*, taken: Taken, size: int, now: datetime) -> bool:
    """Mail the link to an archive that is whole; False where it is not ours any more.

    The token is in the mail alone.
    """
    export = _held(taken).select_for_update().select_related("user").first()
    if export is None:
        return False
    token = secrets.token_urlsafe(TOKEN_BYTES)
    export.state = ExportState.READY.value
    export.digest, export.size = digest_of(token), size
    export.ready_at, export.expires_at = now, now + KEPT_FOR
    export.leased_until = None
    export.full_clean()
    export.save()
    path = reverse("account_export", args=[token])
    context = {"link": f"{export.origin}{path}", "expires_at": export.expires_at}
    queue_mail(
        to=export.user.email,
        subject=SUBJECT,
        text=render_to_string("mail/export_ready.txt", context),
        now=now,
    )
    _record(Act.EXPORT_READY, export, SYSTEM, now)
    return True


@transaction.atomic
def release_export(*, taken: Taken) -> None:
    """Leave an export that failed to the next attempt, or give it up after the last."""
    export = _held(taken).select_for_update().first()
    if export is None:
        return
    if export.attempts >= MOST_ATTEMPTS:
        _fail(export)
        return
    export.state, export.leased_until = ExportState.WAITING.value, None
    export.save(update_fields=["state", "leased_until"])


@transaction.atomic
def note_download(*, export_id: UUID, actor: Actor, now: datetime) -> None:
    """Put on record that an archive was fetched."""
    _record(Act.EXPORT_FETCHED, DataExport.objects.get(pk=export_id), actor, now)


def sweep_exports(*, now: datetime) -> int:
    """Send again what waits or lost its worker, and throw old archives away.

    Returns how many were thrown away.
    """
    for export_id in _free(now).values_list("id", flat=True):
        _announce(export_id)
    old = DataExport.objects.filter(state=ExportState.READY.value, expires_at__lte=now)
    old.update(state=ExportState.EXPIRED.value, digest="")
    kept = (*UNDER_WAY, ExportState.READY.value)
    keeping = set(
        DataExport.objects.filter(state__in=kept).values_list("id", flat=True)
    )
    # Also files whose person is gone.
    orphans = list_archives() - keeping
    for export_id in orphans:
        remove_archive(export_id)
    return len(orphans)


def _free(now: datetime) -> QuerySet[DataExport]:
    return DataExport.objects.filter(
        Q(state=ExportState.WAITING.value)
        | Q(state=ExportState.BUILDING.value, leased_until__lte=now)
    )


def _held(taken: Taken) -> QuerySet[DataExport]:
    return DataExport.objects.filter(
        pk=taken.id, state=ExportState.BUILDING.value, attempts=taken.attempt
    )


def _fail(export: DataExport) -> None:
    export.state, export.leased_until = ExportState.FAILED.value, None
    export.save(update_fields=["state", "leased_until"])
    logger.error("export_given_up", export=str(export.id))


def _announce(export_id: UUID) -> None:
    try:
        enqueue("accounts.build_export", export_id=str(export_id))
    except OperationalError as error:  # the sweep finds it
        logger.warning("export_not_announced", export=str(export_id), error=str(error))


def _record(act: Act, export: DataExport, actor: Actor, now: datetime) -> None:
    record(
        act=act,
        actor=actor,
        now=now,
        workspace_id=personal_workspace_id(export.user_id),
        person_id=export.user_id,
        details={"export": str(export.id)},
    )
