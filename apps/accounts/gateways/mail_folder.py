"""Mail as files of a folder: what an installation without a mail server has."""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend

if TYPE_CHECKING:
    from collections.abc import Sequence
    from email.message import EmailMessage as ParsedMail

    from django.core.mail import EmailMessage

# The newest are kept; an installation that lives on sends its mail elsewhere.
MOST_KEPT = 500
_NAME = re.compile(r"(?P<microseconds>\d{16})-[0-9a-f]{8}", re.ASCII)
_MICROSECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class MailRow:
    """A mail of the folder in a list."""

    name: str
    sent_at: datetime
    to: str
    subject: str


@dataclass(frozen=True, slots=True)
class MailText:
    """A mail of the folder with its words."""

    row: MailRow
    sender: str
    text: str


class MailFolderBackend(BaseEmailBackend):
    """Django's door to the folder."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write each mail into a file of its own; return how many."""
        folder = Path(settings.MAIL_FOLDER)
        for message in email_messages:
            write_mail(folder, message.message().as_bytes())
        return len(email_messages)


def write_mail(folder: Path, content: bytes) -> str:
    """Write one mail and drop the oldest beyond the limit; return its name."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"{time.time_ns() // 1000:016d}-{secrets.token_hex(4)}"
    # Aside, then renamed: whoever lists the folder meets whole mails only.
    fresh = folder / f"{name}.part"
    fresh.touch(mode=0o600)
    fresh.write_bytes(content)
    fresh.rename(folder / f"{name}.eml")
    for path in _newest_first(folder)[MOST_KEPT:]:
        path.unlink(missing_ok=True)
    return name


def list_mail(folder: Path, limit: int) -> tuple[MailRow, ...]:
    """Return the newest mail of the folder."""
    found = (_parse(path) for path in _newest_first(folder)[:limit])
    return tuple(mail.row for mail in found if mail)


def read_mail(folder: Path, name: str) -> MailText | None:
    """Return one mail, or None where there is none of that name."""
    if not _NAME.fullmatch(name):
        return None
    return _parse(folder / f"{name}.eml")


def _newest_first(folder: Path) -> list[Path]:
    names = (path for path in folder.glob("*.eml") if _NAME.fullmatch(path.stem))
    return sorted(names, reverse=True)


def _parse(path: Path) -> MailText | None:
    try:
        content = path.read_bytes()
    except FileNotFoundError:  # dropped since it was listed
        return None
    message: ParsedMail = message_from_bytes(content, policy=policy.default)
    body = message.get_body(preferencelist=("plain", "html"))
    row = MailRow(
        name=path.stem,
        sent_at=datetime.fromtimestamp(int(path.stem[:16]) / _MICROSECOND, UTC),
        to=str(message["To"] or ""),
        subject=str(message["Subject"] or ""),
    )
    text = str(body.get_content()) if body else ""
    return MailText(row=row, sender=str(message["From"] or ""), text=text)
