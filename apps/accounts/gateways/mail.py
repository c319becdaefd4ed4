"""Handing one mail to whoever carries it."""

from __future__ import annotations

import re
from smtplib import SMTPException, SMTPRecipientsRefused

from anymail.exceptions import AnymailAPIError, AnymailError
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from apps.core.errors import UpstreamError

_PARAGRAPHS = re.compile(r"\n\s*\n")
# Of SMTP: below it the server asks to come again later.
_SMTP_FOR_GOOD = 500
# Of a provider's API: the mail itself is at fault. A wrong key can be set right.
_MAIL_AT_FAULT = frozenset({400, 406, 413, 422})


def deliver(*, to: str, subject: str, text: str) -> None:
    """Send one mail as plain text and as HTML made of the same paragraphs.

    Raises:
        UpstreamError: it was not taken; `retryable` says whether it may be later.
    """
    message = EmailMultiAlternatives(subject=subject, body=text, to=[to])
    paragraphs = [part.strip() for part in _PARAGRAPHS.split(text.strip())]
    page = render_to_string(
        "mail/frame.html", {"subject": subject, "paragraphs": paragraphs}
    )
    message.attach_alternative(page, "text/html")
    try:
        message.send()
    except (SMTPException, AnymailError, OSError) as error:
        raise UpstreamError(
            f"The mail was not taken: {type(error).__name__}",
            retryable=_may_pass(error),
        ) from error


def _may_pass(error: Exception) -> bool:
    if isinstance(error, SMTPRecipientsRefused):
        return all(code < _SMTP_FOR_GOOD for code, _ in error.recipients.values())
    if isinstance(error, AnymailAPIError):
        return error.status_code not in _MAIL_AT_FAULT
    return not isinstance(error, AnymailError)
