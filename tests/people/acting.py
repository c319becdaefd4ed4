"""What people do in these tests, by the forms that they see."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.test import Client

from apps.accounts.models import AuditEvent, OutgoingMail, User, vouch_for_email

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

ADA = "ada@example.org"
WORDS = "a long pass phrase"
OTHER_WORDS = "another long phrase"
CODE = re.compile(r"^[A-Z]{4}-[A-Z]{4}$", re.MULTILINE)
LINK = re.compile(r"https?://\S+")


@dataclass
class Visitor:
    """A person at a browser of their own."""

    client: Client = field(default_factory=Client)

    def sign_up(self, email: str = ADA, password: str = WORDS) -> Answer:
        """Send the form of a new account."""
        form = {"email": email, "password1": password}
        return self.client.post("/account/sign-up/", form)

    def enter_code(self, code: str) -> Answer:
        """Send the code from the mail."""
        return self.client.post("/account/code/", {"code": code})

    def sign_in(
        self, email: str = ADA, password: str = WORDS, next_page: str = ""
    ) -> Answer:
        """Send address and password."""
        form = {"login": email, "password": password, "next": next_page}
        return self.client.post("/sign-in/", form)

    def confirm(self, password: str = WORDS) -> None:
        """Say the password again, as before anything that matters."""
        answer = self.client.post("/account/confirm/", {"password": password})
        assert answer.status_code == 302

    def is_signed_in(self) -> bool:
        """Return whether the pages know who this is."""
        return self.client.get("/account/").status_code == 200

    def read(self, address: str) -> str:
        """Return a page's text with its spaces collapsed."""
        return " ".join(self.client.get(address).content.decode().split())


def make_person(
    email: str = ADA, password: str | None = WORDS, **fields: object
) -> User:
    """A person who has confirmed their address."""
    person = User.objects.create_user(email, password, **fields)
    vouch_for_email(person)
    return person


def mails_to(email: str) -> list[OutgoingMail]:
    return list(OutgoingMail.objects.filter(to=email).order_by("created_at", "id"))


def last_code(email: str = ADA) -> str:
    found = CODE.search(mails_to(email)[-1].text)
    assert found
    return found.group()


def last_link(email: str = ADA) -> str:
    """The address in the last mail, without its host."""
    found = LINK.search(mails_to(email)[-1].text)
    assert found
    return found.group().partition("//testserver")[2]


def acts() -> list[str]:
    return list(AuditEvent.objects.order_by("at", "id").values_list("act", flat=True))
