from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.core import mail as outbox
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.locmem import EmailBackend as MemoryBackend
from django.utils import timezone

from apps.accounts.gateways.mail_folder import MOST_KEPT, list_mail, write_mail
from apps.accounts.models import OutgoingMail
from apps.accounts.pipelines.mail import send_mail, send_waiting_mail
from apps.accounts.services.mail import claim_mail, queue_mail
from tests.fakes.broker import DOWN, sending_to
from tests.people.acting import ADA, Visitor, make_person

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from django.core.mail import EmailMessage
    from pytest_django import DjangoCaptureOnCommitCallbacks
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MEMORY = "django.core.mail.backends.locmem.EmailBackend"


class RefusingBackend(MemoryBackend):
    """A mail server that is not there."""

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        """Refuse."""
        raise ConnectionRefusedError("no mail server")


def queue(**fields: object) -> OutgoingMail:
    values = {"to": ADA, "subject": "Hello", "text": "One.\n\nTwo.", "now": NOW}
    mail_id = queue_mail(**values | fields)  # type: ignore[arg-type]
    return OutgoingMail.objects.get(pk=mail_id)


def test_mail_leaves_after_the_commit_and_its_row_goes(
    settings: Settings,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    settings.EMAIL_BACKEND = MEMORY
    settings.DEFAULT_FROM_EMAIL = "Assay <assay@example.org>"
    with django_capture_on_commit_callbacks(execute=True):
        queue(now=timezone.now(), text="Look:\n\nhttps://example.org/<a>")
        assert outbox.outbox == []
    (sent,) = outbox.outbox
    assert (sent.to, sent.subject) == ([ADA], "Hello")
    assert sent.from_email == "Assay <assay@example.org>"
    assert isinstance(sent, EmailMultiAlternatives)
    page = str(sent.alternatives[0][0])
    assert '<p>Look:</p><p><a href="https://example.org/" rel="nofollow">' in page
    assert "<a>" not in page
    assert OutgoingMail.objects.count() == 0


def test_mail_that_is_not_taken_waits_ever_longer_and_is_given_up_after_a_day(
    settings: Settings,
) -> None:
    settings.EMAIL_BACKEND = "tests.people.test_mail.RefusingBackend"
    mail = queue()
    moments = []
    now = NOW
    while not OutgoingMail.objects.get().given_up_at:
        send_waiting_mail(clock=lambda: now)  # noqa: B023 (called at once)
        mail.refresh_from_db()
        moments.append(mail.next_try_at - now)
        now = mail.next_try_at
    minutes = [pause.total_seconds() / 60 for pause in moments[:8]]
    assert minutes == [1, 2, 4, 8, 16, 32, 60, 60]
    assert mail.text == ""
    assert "no mail server" in mail.last_error
    assert now - NOW > timedelta(days=1)
    send_waiting_mail(clock=lambda: now + timedelta(days=9))
    assert OutgoingMail.objects.count() == 0


def test_two_who_send_at_once_send_once(settings: Settings) -> None:
    settings.EMAIL_BACKEND = MEMORY
    mail = queue()
    assert claim_mail(mail_id=mail.id, now=NOW) is not None
    assert claim_mail(mail_id=mail.id, now=NOW) is None
    send_mail(mail.id, clock=lambda: NOW)
    assert outbox.outbox == []


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_down_holds_up_no_page_and_loses_no_mail(
    settings: Settings, visitor: Visitor
) -> None:
    with sending_to(DOWN):
        assert visitor.sign_up().status_code == 302
    settings.EMAIL_BACKEND = MEMORY
    send_waiting_mail(clock=timezone.now)
    assert [one.to for one in outbox.outbox] == [[ADA]]


def test_mail_to_no_address_is_refused_before_it_is_queued() -> None:
    with pytest.raises(ValidationError, match="valid email"):
        queue(to="ada at example")
    assert OutgoingMail.objects.count() == 0


def test_the_folder_keeps_the_newest(tmp_path: Path) -> None:
    names = [
        write_mail(tmp_path, f"Subject: {n}\n\ntext\n".encode())
        for n in range(MOST_KEPT + 2)
    ]
    assert len(list(tmp_path.iterdir())) == MOST_KEPT
    assert [row.name for row in list_mail(tmp_path, 2)] == names[:-3:-1]
    assert list_mail(tmp_path, 1)[0].subject == str(MOST_KEPT + 1)


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.EMAIL_BACKEND = "apps.accounts.gateways.mail_folder.MailFolderBackend"
    settings.MAIL_FOLDER = tmp_path / "mail"
    return tmp_path / "mail"


def test_staff_read_what_the_installation_would_have_sent(
    folder: Path, visitor: Visitor
) -> None:
    make_person(is_staff=True)
    visitor.sign_in()
    assert "No mail yet" in visitor.read("/mail/")
    mail = queue(subject="A <b>link</b>", text="Go:\n\nhttp://localhost/a?b=1&c=2 <i>")
    send_mail(mail.id, clock=lambda: NOW)
    assert folder.stat().st_mode & 0o777 == 0o700
    page = visitor.read("/mail/")
    assert "A &lt;b&gt;link&lt;/b&gt;" in page
    assert ADA in page
    (row,) = list_mail(folder, 9)
    text = visitor.read(f"/mail/{row.name}/")
    assert 'href="http://localhost/a?b=1&amp;c=2"' in text
    assert "&lt;i&gt;" in text


@pytest.mark.parametrize("name", ["0", "..", "0000000000000000-00000000"])
def test_a_mail_that_is_not_there_is_not_found(
    folder: Path, visitor: Visitor, name: str
) -> None:
    make_person(is_staff=True)
    visitor.sign_in()
    assert visitor.client.get(f"/mail/{name}/").status_code == 404


def test_nobody_but_staff_reads_mail(folder: Path, visitor: Visitor) -> None:
    name = write_mail(folder, b"Subject: secret\n\ntext\n")
    for address in ("/mail/", f"/mail/{name}/"):
        assert visitor.client.get(address).status_code == 302
    make_person()
    visitor.sign_in()
    for address in ("/mail/", f"/mail/{name}/"):
        answer = visitor.client.get(address)
        assert answer.status_code == 403
        assert "secret" not in answer.content.decode()
