"""Erasing what accounts keeps about a person or a workspace."""

from __future__ import annotations

import re
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.db import connection, transaction
from django.db.models import Q, QuerySet

from apps.accounts.gateways.export_files import remove_archive
from apps.accounts.models import (
    ApiRequest,
    AuditEvent,
    DataExport,
    Invitation,
    OutgoingMail,
    UsageHour,
    User,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

    from apps.accounts.registry import Subject


# What the local part of an address may be made of, besides the quote: one may stand
# around an address.
_LOCAL = r"\w.!#$%&*+/=?^`{|}~'-"


def erase_own_data(subject: Subject, now: datetime) -> int:
    """Remove or blank what the database does not remove with the subject's row."""
    del now
    if subject.workspace_id is not None:
        return _erase_calls(subject.workspace_id)
    if subject.user_id is not None:
        return _erase_person(User.objects.get(pk=subject.user_id))
    return 0


def _erase_person(user: User) -> int:
    emails = _emails_of(user)
    return (
        _end_sessions(user.pk)
        + _drop_archives(user.pk)
        + _delete(Invitation.objects.filter(email__in=emails))
        + _delete(OutgoingMail.objects.filter(to__in=emails))
        + _blank_admin_log(user.pk)
        + _blank_audit(user, emails)
    )


def _emails_of(user: User) -> list[str]:
    others = EmailAddress.objects.filter(user_id=user.pk).values_list(
        "email", flat=True
    )
    return sorted({user.email, *(email.lower() for email in others)})


def _erase_calls(workspace_id: UUID) -> int:
    """Remove the calls: no foreign key of the database does it."""
    calls = ApiRequest.objects.filter(workspace_id=workspace_id)
    hours = UsageHour.objects.filter(workspace_id=workspace_id)
    return _delete(calls) + _delete(hours)


def _end_sessions(user_id: UUID) -> int:
    sessions = list(UserSession.objects.filter(user_id=user_id))
    for session in sessions:
        session.end()
    return len(sessions)


def _drop_archives(user_id: UUID) -> int:
    ids = list(DataExport.objects.filter(user_id=user_id).values_list("id", flat=True))
    for export_id in ids:
        transaction.on_commit(partial(remove_archive, export_id))
    return len(ids)


def _delete(rows: QuerySet[Any]) -> int:
    return rows.delete()[0]


def _blank_admin_log(user_id: UUID) -> int:
    """What operators did to the person stays; the name of the row goes."""
    entries = LogEntry.objects.filter(
        content_type__app_label="accounts",
        content_type__model="user",
        object_id=str(user_id),
    )
    return entries.update(object_repr="", change_message="")


def _blank_audit(user: User, emails: list[str]) -> int:
    """Leave that something was done, and nothing that tells by whom or to whom.

    The person's id stays, which leads nowhere any more: acts of one stay apart from
    those of another.
    """
    acted = Q(actor_id=user.pk) | Q(actor_label__in=emails)
    own = Q(workspace__personal_of_id=user.pk)
    named = Q(subject__in=emails) | Q(person_id=user.pk) | own
    for email in emails:
        named |= Q(subject__iregex=_whole(email))
    own_acts = acted & Q(act__startswith="person.")
    named |= own_acts
    told = Q(person_id=user.pk) | own | own_acts
    for email in emails:
        told |= Q(details__iregex=_whole(email))
    with _erasing():
        AuditEvent.objects.filter(named).update(subject="")
        AuditEvent.objects.filter(told).update(details={})
        # Last: the others look for the label.
        return AuditEvent.objects.filter(acted).update(actor_label="", ip=None)


def _whole(email: str) -> str:
    """Return a pattern of PostgreSQL's for an address that is no part of a longer one.

    A line's end is written in JSON as a backslash and a letter, which is none of the
    address.
    """
    before = rf"((?<![{_LOCAL}])'?|\\[bfnrt])"
    return rf"{before}{re.escape(email)}(?![\w-]|\.\w)"


@contextmanager
def _erasing() -> Iterator[None]:
    """Let the audit log's trigger pass what blanks it, in this transaction alone."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL assay.erasing = 'on'")
        try:
            yield
        finally:
            cursor.execute("SET LOCAL assay.erasing = 'off'")
