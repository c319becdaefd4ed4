from __future__ import annotations

import pytest

from tests.people.acting import (
    ADA,
    Visitor,
    acts,
    last_code,
    mails_to,
    make_person,
)

pytestmark = pytest.mark.django_db
WORK = "ada@work.example"


@pytest.fixture
def ada(visitor: Visitor) -> Visitor:
    make_person()
    visitor.sign_in()
    visitor.confirm()
    return visitor


def send(visitor: Visitor, action: str, email: str) -> None:
    visitor.client.post("/account/emails/", {f"action_{action}": "", "email": email})


def add_work(visitor: Visitor) -> None:
    send(visitor, "add", WORK)
    visitor.enter_code(last_code(WORK))


def test_another_address_signs_in_once_its_code_came(ada: Visitor) -> None:
    send(ada, "add", WORK)
    assert Visitor().sign_in(WORK).status_code == 200
    ada.enter_code(last_code(WORK))
    assert Visitor().sign_in(WORK).status_code == 302
    assert "person.email_confirmed" in acts()


def test_the_first_address_changes_and_the_old_one_is_told(ada: Visitor) -> None:
    add_work(ada)
    send(ada, "primary", WORK)
    assert WORK in ada.read("/account/")
    assert f"is now {WORK}" in mails_to(ADA)[-1].text
    assert acts()[-1] == "person.email_changed"
    send(ada, "remove", ADA)
    assert acts()[-1] == "person.email_removed"
    assert Visitor().sign_in(ADA).status_code == 200


def test_the_first_address_is_not_removed(ada: Visitor) -> None:
    send(ada, "remove", ADA)
    assert "cannot be removed" in ada.read("/account/emails/")
    assert Visitor().sign_in().status_code == 302


def test_adding_an_address_takes_the_password_again(visitor: Visitor) -> None:
    make_person()
    visitor.sign_in()
    send(visitor, "add", WORK)
    assert mails_to(WORK) == []


def test_the_address_of_another_is_answered_like_a_free_one(ada: Visitor) -> None:
    make_person(WORK)
    form = {"action_add": "", "email": WORK}
    answer = ada.client.post("/account/emails/", form)
    assert answer.headers["Location"] == "/account/code/"
    page = ada.enter_code(last_code(WORK)).content.decode()
    assert "belongs to another account" in page
    assert Visitor().sign_in(WORK).headers["Location"] == "/"


def test_nobody_touches_the_addresses_of_another(ada: Visitor) -> None:
    make_person(WORK)
    for action in ("primary", "remove", "send"):
        send(ada, action, WORK)
    assert Visitor().sign_in(WORK).status_code == 302
    assert mails_to(WORK) == []
