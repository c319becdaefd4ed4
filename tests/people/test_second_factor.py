from __future__ import annotations

import base64
import re
import secrets
import time
from typing import TYPE_CHECKING

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

from apps.accounts.models import AuditEvent, User
from apps.accounts.services.second_factors import reseal_factors, seal_factor
from apps.core.secrets import Resealed
from tests.people.acting import (
    ADA,
    OTHER_WORDS,
    Visitor,
    acts,
    mails_to,
    make_person,
)

if TYPE_CHECKING:
    from django.core.mail import EmailMessage
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db
SECRET = re.compile(r'<dd class="mono">\s*(\w+)\s*</dd>')
RECOVERY = re.compile(r"<li>(\d{8})</li>")


def new_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def code_now(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def set_up_app(visitor: Visitor) -> tuple[str, list[str]]:
    """Sign in and set up an app; return its secret and the recovery codes."""
    visitor.sign_in()
    visitor.confirm()
    found = SECRET.search(visitor.read("/account/two-factor/app/"))
    assert found
    form = {"code": code_now(found.group(1))}
    answer = visitor.client.post("/account/two-factor/app/", form)
    assert answer.headers["Location"] == "/account/two-factor/recovery/"
    codes = RECOVERY.findall(visitor.read("/account/two-factor/recovery/"))
    return found.group(1), codes


def give(visitor: Visitor, code: str) -> str:
    """Send a code as the second step; return where it leads, or the page."""
    answer = visitor.client.post("/account/two-factor/code/", {"code": code})
    return answer.headers.get("Location") or answer.content.decode()


@pytest.fixture
def person(db: None) -> User:
    return make_person()


@pytest.fixture
def secret(person: User, visitor: Visitor) -> str:
    secret, codes = set_up_app(visitor)
    assert len(set(codes)) == 10
    return secret


def test_the_password_alone_is_not_enough_with_an_app(secret: str) -> None:
    other = Visitor()
    assert other.sign_in().headers["Location"] == "/account/two-factor/code/"
    assert not other.is_signed_in()
    assert "This did not match" in give(other, "000000")
    assert give(other, code_now(secret)) == "/"
    assert other.is_signed_in()
    assert AuditEvent.objects.latest("at").details == {"by": "password, totp"}
    assert acts()[-2:] == ["person.sign_in_failed", "person.signed_in"]


def test_the_second_step_without_the_first_leads_nowhere(secret: str) -> None:
    assert give(Visitor(), code_now(secret)) == "/sign-in/"


def test_a_code_of_the_app_signs_in_once(secret: str) -> None:
    first, second = Visitor(), Visitor()
    code = code_now(secret)
    first.sign_in()
    second.sign_in()
    assert give(first, code) == "/"
    assert "This did not match" in give(second, code)


def test_codes_are_not_guessed(secret: str) -> None:
    other = Visitor()
    other.sign_in()
    pages = [give(other, f"{n:06}") for n in range(6)]
    assert ["Too many tries" in page for page in pages] == [False] * 5 + [True]
    assert "Too many tries" in give(other, code_now(secret))


def test_a_recovery_code_signs_in_once_and_codes_are_shown_once(
    person: User, visitor: Visitor
) -> None:
    _, codes = set_up_app(visitor)
    again = visitor.read("/account/two-factor/recovery/")
    assert RECOVERY.findall(again) == []
    assert "10 of 10 are left" in again
    other, third = Visitor(), Visitor()
    other.sign_in()
    assert give(other, codes[3]) == "/"
    third.sign_in()
    assert "This did not match" in give(third, codes[3])
    assert "9 of 10" in visitor.read("/account/two-factor/")


@pytest.mark.django_db(transaction=True)
def test_new_recovery_codes_replace_the_old_ones(
    person: User, visitor: Visitor
) -> None:
    _, old = set_up_app(visitor)
    visitor.client.post("/account/two-factor/recovery/new/")
    new = RECOVERY.findall(visitor.read("/account/two-factor/recovery/"))
    assert len(new) == 10
    assert not set(new) & set(old)
    assert acts()[-1] == "person.recovery_codes_made"


def test_secrets_are_sealed_in_the_database_and_sealed_anew(secret: str) -> None:
    rows = Authenticator.objects.values_list("data", flat=True)
    assert secret not in str(list(rows))
    assert {set(row) >= {"secret"} or set(row) >= {"seed"} for row in rows} == {True}


def test_secrets_are_sealed_anew_after_a_rotation_of_keys(
    secret: str, settings: Settings
) -> None:
    settings.ENCRYPTION_KEYS = [new_key(), *settings.ENCRYPTION_KEYS]
    assert reseal_factors() == Resealed(lost=2)
    settings.ENCRYPTION_KEYS = [first := new_key()]
    Authenticator.objects.filter(type="recovery_codes").update(
        data={"seed": seal_factor("ab" * 20), "used_mask": 0}
    )
    settings.ENCRYPTION_KEYS = [new_key(), first]
    assert reseal_factors() == Resealed(renewed=1, lost=1)
    assert reseal_factors() == Resealed(current=1, lost=1)


@pytest.mark.parametrize(
    "address",
    [
        "/account/two-factor/app/",
        "/account/two-factor/recovery/new/",
        "/account/passkeys/add/",
    ],
)
def test_changing_factors_takes_the_password_again(
    person: User, visitor: Visitor, address: str
) -> None:
    visitor.sign_in()
    answer = visitor.client.get(address)
    assert answer.headers["Location"].startswith("/account/confirm/?next=")
    visitor.client.post("/account/confirm/", {"password": OTHER_WORDS})
    assert visitor.client.get(address).status_code == 302
    visitor.confirm()
    assert visitor.client.get(address).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_an_app_is_turned_off_and_the_person_told(
    secret: str, visitor: Visitor, mailoutbox: list[EmailMessage]
) -> None:
    visitor.client.post("/account/two-factor/app/remove/")
    assert Authenticator.objects.count() == 0
    assert Visitor().sign_in().headers["Location"] == "/"
    assert {"person.app_added", "person.app_removed"} <= set(acts())
    assert [mail.to for mail in mailoutbox] == [[ADA], [ADA]]
    subjects = [mail.subject for mail in mailoutbox]
    assert subjects == ["An app was set up at Assay", "The app was turned off at Assay"]


def test_an_operator_lets_in_who_has_lost_every_factor(
    person: User, secret: str
) -> None:
    make_person("root@example.org", is_staff=True, is_superuser=True)
    root = Visitor()
    root.sign_in("root@example.org")
    form = {"action": "remove_factors", "_selected_action": [str(person.pk)]}
    assert root.client.post("/admin/accounts/user/", form).status_code == 302
    assert Visitor().sign_in().headers["Location"] == "/"
    event = AuditEvent.objects.get(act="person.factors_removed")
    assert (event.person_id, event.actor_label) == (person.pk, "root@example.org")
    assert "second factors were removed" in mails_to(ADA)[-1].subject


def test_the_admin_shows_no_secrets(person: User) -> None:
    make_person("root@example.org", is_staff=True, is_superuser=True)
    root = Visitor()
    root.sign_in("root@example.org")
    page = root.read("/admin/")
    for table in ("mfa/authenticator", "socialaccount/socialapp", "usersession"):
        assert table not in page
