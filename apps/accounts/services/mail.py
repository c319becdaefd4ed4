"""Mail that goes out after the commit, and is tried again until it has left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import structlog
from django.db import transaction
from kombu.exceptions import OperationalError

from apps.accounts.models import OutgoingMail
from apps.core.jobs import enqueue

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

logger = structlog.get_logger(__name__)

FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
# Codes and links in mail are worth nothing by then.
GIVE_UP_AFTER = timedelta(days=1)
FORGET_AFTER = timedelta(days=7)
_MOST_ERROR = 500


@dataclass(frozen=True, slots=True)
class Mail:
    """What is to be sent, and how often it was tried."""

    id: UUID
    to: str
    subject: str
    text: str
    attempts: int


@transaction.atomic
def queue_mail(*, to: str, subject: str, text: str, now: datetime) -> UUID:
    """Send a mail after the commit, in plain text and the same as HTML.

    Paragraphs of `text` are separated by empty lines; addresses in it become links.
    Nothing here waits for a mail server: a page takes as long as it does without.

    Raises:
        ValidationError: `to` is no address, or the subject is empty.
    """
    mail = OutgoingMail(
        to=to, subject=subject, text=text, created_at=now, next_try_at=now
    )
    mail.full_clean()
    mail.save(force_insert=True)
    transaction.on_commit(partial(_announce, mail.id))
    return mail.id


def _announce(mail_id: UUID) -> None:
    try:
        enqueue("accounts.send_mail", mail_id=str(mail_id))
    except OperationalError as error:  # the sweep finds it
        logger.warning("mail_not_announced", mail=str(mail_id), error=str(error))


@transaction.atomic
def claim_mail(*, mail_id: UUID, now: datetime) -> Mail | None:
    """Take a mail that is due, or return None where another has it or it has left.

    What was taken is due again after a pause that doubles, should nobody settle it.
    """
    due = OutgoingMail.objects.filter(
        pk=mail_id, next_try_at__lte=now, given_up_at=None
    )
    found = due.first()
    if found is None:
        return None
    wait = min(FIRST_WAIT * 2**found.attempts, LONGEST_WAIT)
    taken = due.filter(attempts=found.attempts).update(
        attempts=found.attempts + 1, next_try_at=now + wait
    )
    if not taken:
        return None
    return Mail(found.id, found.to, found.subject, found.text, found.attempts + 1)


@transaction.atomic
def settle_mail(*, mail_id: UUID) -> None:
    """Forget a mail that has left."""
    OutgoingMail.objects.filter(pk=mail_id).delete()


@transaction.atomic
def note_failure(*, mail_id: UUID, error: str, retryable: bool, now: datetime) -> None:
    """Keep why a mail did not leave; give it up where trying again cannot help."""
    failed = OutgoingMail.objects.filter(pk=mail_id)
    failed.update(last_error=error[:_MOST_ERROR])
    if not retryable:
        failed.update(given_up_at=now, text="")
        logger.error("mail_given_up", mail=str(mail_id), error=error)


@transaction.atomic
def give_up_old_mail(*, now: datetime) -> int:
    """Stop trying what is a day old, and forget what was given up a week ago."""
    OutgoingMail.objects.filter(given_up_at__lt=now - FORGET_AFTER).delete()
    given_up = OutgoingMail.objects.filter(
        given_up_at=None, created_at__lt=now - GIVE_UP_AFTER
    ).update(given_up_at=now, text="")
    if given_up:
        logger.error("mail_given_up", count=given_up)
    return given_up
