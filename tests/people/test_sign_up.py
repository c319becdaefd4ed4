from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from allauth.core import context

from apps.accounts.models import AuditEvent, User, Workspace
from apps.accounts.services.people import sign_up_again
from apps.accounts.web.people_forms import SignUpForm
from tests.people.acting import (
    ADA,
    OTHER_WORDS,
    WORDS,
    Visitor,
    acts,
    last_code,
    mails_to,
    make_person,
)

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db


def test_a_code_from_the_mail_makes_a_sign_up_a_sign_in(visitor: Visitor) -> None:
    assert visitor.sign_up().headers["Location"] == "/account/code/"
    assert not visitor.is_signed_in()
    assert visitor.enter_code(last_code()).headers["Location"] == "/"
    assert visitor.is_signed_in()
    person = User.objects.get()
    assert Workspace.objects.get().personal_of == person
    assert person.emailaddress_set.get().verified
    assert acts() == ["person.signed_up", "person.email_confirmed", "person.signed_in"]
    event = AuditEvent.objects.latest("at")
    assert (event.actor_label, event.workspace) == (ADA, Workspace.objects.get())


def test_an_address_is_kept_in_small_letters(visitor: Visitor) -> None:
    visitor.sign_up("Ada@Example.ORG")
    visitor.enter_code(last_code())
    assert User.objects.get().email == ADA
    assert Visitor().sign_in("ADA@example.org").headers["Location"] == "/"


def test_three_wrong_codes_end_a_sign_up(visitor: Visitor) -> None:
    visitor.sign_up()
    code = last_code()
    for _ in range(2):
        page = visitor.enter_code("AAAA-AAAA").content.decode()
        assert "This is not the code." in page
    assert visitor.enter_code("AAAA-AAAA").headers["Location"] == "/sign-in/"
    visitor.enter_code(code)
    assert not visitor.is_signed_in()


def test_another_code_can_be_asked_for_and_replaces_the_first(
    visitor: Visitor, settings: Settings
) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"confirm_email": "9/m/key"}
    visitor.sign_up()
    first = last_code()
    visitor.client.post("/account/code/", {"action": "resend"})
    assert len(mails_to(ADA)) == 2
    assert last_code() != first
    visitor.enter_code(first)
    assert not visitor.is_signed_in()
    visitor.enter_code(last_code())
    assert visitor.is_signed_in()


def test_codes_are_not_sent_faster_than_one_in_ten_seconds(visitor: Visitor) -> None:
    visitor.sign_up()
    visitor.client.post("/account/code/", {"action": "resend"})
    assert len(mails_to(ADA)) == 1


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("short", "at least 10 characters"),
        ("8451902763", "entirely numeric"),
        ("password123", "too common"),
        ("ada@example.org", "too similar"),
    ],
)
def test_a_weak_password_is_refused(visitor: Visitor, password: str, said: str) -> None:
    assert said in visitor.sign_up(password=password).content.decode()
    assert User.objects.count() == 0


def test_a_known_and_an_unknown_address_sign_up_alike(
    settings: Settings,
) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"confirm_email": "99/m/key"}
    make_person()
    seen = []
    for email in (ADA, "new@example.org"):
        visitor = Visitor()
        answer = visitor.sign_up(email, OTHER_WORDS)
        page = visitor.read("/account/code/").replace(email, "…")
        again = visitor.client.get("/sign-in/")
        wrong = visitor.enter_code("AAAA-AAAA")
        resent = visitor.client.post("/account/code/", {"action": "resend"})
        trace = [
            (one.status_code, one.headers.get("Location"))
            for one in (answer, again, wrong, resent)
        ]
        seen.append((trace, without_tokens(page), sorted(answer.cookies)))
    assert seen[0] == seen[1]
    assert len(mails_to(ADA)) == 1
    assert "already has an account" in mails_to(ADA)[0].text


def without_tokens(page: str) -> str:
    return re.sub(r'value="\w{64}"|nonce="[^"]+"', "", page)


def test_the_password_of_a_pretended_sign_up_tells_nothing() -> None:
    make_person()
    answers = []
    for email in (ADA, "new@example.org"):
        Visitor().sign_up(email, OTHER_WORDS)
        page = Visitor().sign_in(email, OTHER_WORDS)
        answers.append(
            (page.status_code, "do not belong together" in page.content.decode())
        )
    assert answers == [(200, True), (200, True)]


def test_an_unconfirmed_sign_up_starts_over_with_the_new_password(
    settings: Settings,
) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"confirm_email": "9/m/key"}
    squatter, owner = Visitor(), Visitor()
    squatter.sign_up(ADA, OTHER_WORDS)
    owner.sign_up(ADA, WORDS)
    owner.enter_code(last_code())
    assert owner.is_signed_in()
    assert User.objects.count() == 1
    assert Visitor().sign_in(ADA, OTHER_WORDS).status_code == 200
    assert Visitor().sign_in(ADA, WORDS).status_code == 302


def test_a_later_sign_up_of_another_leaves_the_owner_their_own_password(
    settings: Settings,
) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"confirm_email": "9/m/key"}
    owner, attacker = Visitor(), Visitor()
    owner.sign_up(ADA, WORDS)
    code = last_code()
    attacker.sign_up(ADA, OTHER_WORDS)
    owner.enter_code(code)
    assert owner.is_signed_in()
    assert Visitor().sign_in(ADA, OTHER_WORDS).status_code == 200
    assert Visitor().sign_in(ADA, WORDS).status_code == 302
    attacker.enter_code(code)
    assert not attacker.is_signed_in()


def test_a_sign_up_again_changes_nothing_that_was_confirmed_meanwhile() -> None:
    person = make_person()
    sign_up_again(user_id=person.pk, password=OTHER_WORDS)
    person.refresh_from_db()
    assert person.check_password(WORDS)


def test_an_account_that_an_operator_made_is_not_taken_over_by_a_sign_up() -> None:
    person = User.objects.create_user(ADA, WORDS, is_staff=True)
    Visitor().sign_up(ADA, OTHER_WORDS)
    person.refresh_from_db()
    assert person.check_password(WORDS)


def test_who_takes_an_address_in_the_same_moment_is_answered_as_known(
    visitor: Visitor,
) -> None:
    form = SignUpForm({"email": ADA, "password1": WORDS})
    assert form.is_valid()
    make_person()
    request = visitor.client.get("/account/sign-up/").wsgi_request
    with context.request_context(request):
        user, answer = form.try_save(request)
    assert user is None
    assert answer is not None
    assert answer.headers["Location"] == "/account/code/"
    assert User.objects.count() == 1


def test_a_closed_installation_says_so_and_takes_nobody(
    visitor: Visitor, settings: Settings
) -> None:
    settings.SIGNUP_OPEN = False
    assert "Sign-up is closed" in visitor.read("/account/sign-up/")
    assert "Sign-up is closed" in visitor.sign_up().content.decode()
    assert "/account/sign-up/" not in visitor.read("/sign-in/")
    assert User.objects.count() == 0


def test_who_has_proven_an_address_by_an_invitation_needs_no_code_and_no_open_door(
    visitor: Visitor, settings: Settings
) -> None:
    settings.SIGNUP_OPEN = False
    session = visitor.client.session
    session["account_verified_email"] = ADA
    session.save()
    visitor.client.cookies["sessionid"] = str(session.session_key)
    assert visitor.sign_up().headers["Location"] == "/"
    assert visitor.is_signed_in()
    assert mails_to(ADA) == []
