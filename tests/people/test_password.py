from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client

from apps.accounts.models import User
from tests.people.acting import (
    ADA,
    OTHER_WORDS,
    WORDS,
    Visitor,
    acts,
    last_link,
    mails_to,
    make_person,
)

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

pytestmark = pytest.mark.django_db


def forget(visitor: Visitor, email: str = ADA) -> Answer:
    return visitor.client.post("/account/forgotten/", {"email": email})


def set_by_link(visitor: Visitor, link: str, password: str) -> Answer:
    place = visitor.client.get(link).headers["Location"]
    return visitor.client.post(place, {"password1": password})


def test_a_mailed_link_sets_a_new_password_and_ends_every_session(
    visitor: Visitor,
) -> None:
    make_person()
    before = Visitor()
    before.sign_in()
    forget(visitor)
    answer = set_by_link(visitor, last_link(), OTHER_WORDS)
    assert answer.headers["Location"] == "/account/forgotten/changed/"
    assert not visitor.is_signed_in()
    assert not before.is_signed_in()
    assert visitor.sign_in(ADA, WORDS).status_code == 200
    assert visitor.sign_in(ADA, OTHER_WORDS).status_code == 302
    assert "person.password_reset" in acts()
    assert "was set anew" in mails_to(ADA)[-1].text


def test_a_link_holds_once_and_only_whole(visitor: Visitor) -> None:
    make_person()
    forget(visitor)
    link = last_link()
    assert "does not hold" in visitor.read(f"{link[:-3]}zz/")
    set_by_link(visitor, link, OTHER_WORDS)
    assert "does not hold" in visitor.read(link)


def test_a_link_does_not_show_in_the_address_of_the_form(visitor: Visitor) -> None:
    make_person()
    forget(visitor)
    link = last_link()
    place = visitor.client.get(link).headers["Location"]
    assert place.endswith("-set-password/")
    assert Client().get(place).content.decode().count("does not hold") > 0


def test_a_known_and_an_unknown_address_are_answered_alike() -> None:
    make_person()
    User.objects.create_user("waiting@example.org", WORDS)
    seen = []
    for email in (ADA, "waiting@example.org", "nobody@example.org"):
        answer = forget(Visitor(), email)
        seen.append(
            (answer.status_code, answer.headers["Location"], len(mails_to(email)))
        )
    assert seen == [(302, "/account/forgotten/sent/", 1)] * 3
    assert "No account has this address" in mails_to("nobody@example.org")[0].text


def test_a_link_proves_the_address_of_an_unconfirmed_sign_up(visitor: Visitor) -> None:
    visitor.sign_up()
    other = Visitor()
    forget(other)
    set_by_link(other, last_link(), OTHER_WORDS)
    assert other.sign_in(ADA, OTHER_WORDS).status_code == 302


def test_links_are_not_sent_more_than_five_times_a_minute(visitor: Visitor) -> None:
    make_person()
    answers = [forget(visitor).status_code for _ in range(6)]
    assert answers == [302] * 5 + [429]
    assert len(mails_to(ADA)) == 5


def test_a_forged_host_is_refused_before_a_link_could_name_it() -> None:
    make_person()
    answer = Client().post(
        "/account/forgotten/", {"email": ADA}, HTTP_HOST="evil.example"
    )
    assert answer.status_code == 400
    assert mails_to(ADA) == []


def test_changing_the_password_takes_the_present_one_and_keeps_this_session(
    visitor: Visitor,
) -> None:
    make_person()
    visitor.sign_in()
    other = Visitor()
    other.sign_in()
    form = {"oldpassword": "wrong wrong", "password1": OTHER_WORDS}
    page = visitor.client.post("/account/password/", form).content.decode()
    assert "not your present password" in page
    form["oldpassword"] = WORDS
    assert visitor.client.post("/account/password/", form).status_code == 302
    assert visitor.is_signed_in()
    assert not other.is_signed_in()
    assert acts()[-1] == "person.password_changed"
    assert "was changed" in mails_to(ADA)[-1].text


def test_who_has_no_password_is_offered_to_set_one(visitor: Visitor) -> None:
    person = make_person(ADA, None)
    visitor.client.force_login(person)
    answer = visitor.client.get("/account/password/")
    assert answer.headers["Location"] == "/account/password/set/"
    visitor.client.post("/account/password/set/", {"password1": WORDS})
    assert visitor.is_signed_in()
    assert Visitor().sign_in().status_code == 302
