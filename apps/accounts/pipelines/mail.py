"""Sending mail that waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.accounts.gateways.mail import deliver
from apps.accounts.selectors.mail import due_mail
from apps.accounts.services.mail import (
    claim_mail,
    give_up_old_mail,
    note_failure,
    settle_mail,
)
from apps.core.errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    Clock = Callable[[], datetime]


def send_mail(mail_id: UUID, *, clock: Clock) -> None:
    """Send one mail, unless it has left or another process has it."""
    mail = claim_mail(mail_id=mail_id, now=clock())
    if mail is None:
        return
    try:
        deliver(to=mail.to, subject=mail.subject, text=mail.text)
    except UpstreamError as error:
        cause = error.__cause__
        note_failure(
            mail_id=mail.id,
            error=f"{error}: {cause}",
            retryable=error.retryable,
            now=clock(),
        )
        return
    settle_mail(mail_id=mail.id)


def send_waiting_mail(*, clock: Clock) -> None:
    """Send what is due: what was never announced, and what failed before."""
    give_up_old_mail(now=clock())
    for mail_id in due_mail(clock()):
        send_mail(mail_id, clock=clock)
