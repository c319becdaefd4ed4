from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client

from apps.accounts.models import AuditEvent, User
from tests.people.acting import (
    ADA,
    OTHER_WORDS,
    WORDS,
    Visitor,
    acts,
    make_person,
)
from tests.people.counting import CountingHasher

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db
WRONG = "do not belong together"
TOO_OFTEN = "Too many tries"


def test_the_session_has_a_new_key_after_signing_in_and_after_signing_out(
    visitor: Visitor,
) -> None:
    make_person()
    session = visitor.client.session
    session["kept"] = "planted"
    session.save()
    visitor.client.cookies["sessionid"] = str(session.session_key)
    visitor.sign_in()
    after = visitor.client.cookies["sessionid"].value
    assert after != session.session_key
    planted = Client()
    planted.cookies["sessionid"] = str(session.session_key)
    assert planted.get("/account/").status_code == 302
    visitor.client.post("/sign-out/")
    stolen = Client()
    stolen.cookies["sessionid"] = after
    assert stolen.get("/account/").status_code == 302


@pytest.mark.parametrize("email", [ADA, "nobody@example.org"])
def test_the_sixth_try_within_five_minutes_is_refused_even_if_right(
    visitor: Visitor, email: str
) -> None:
    make_person()
    pages = [
        Visitor().sign_in(email, "wrong wrong wrong").content.decode() for _ in range(6)
    ]
    assert [WRONG in page for page in pages] == [True] * 5 + [False]
    assert TOO_OFTEN in pages[5]
    assert TOO_OFTEN in visitor.sign_in(email).content.decode()
    assert not visitor.is_signed_in()


def test_tries_are_counted_and_people_get_in_while_redis_is_down(
    visitor: Visitor, settings: Settings
) -> None:
    make_person()
    make_person("eve@example.org")
    down = {"LOCATION": "redis://127.0.0.1:9/1"}
    settings.CACHES = {"default": settings.CACHES["default"] | down}
    assert visitor.sign_in().headers["Location"] == "/"
    pages = [
        Visitor().sign_in("eve@example.org", "wrong wrong").content.decode()
        for _ in range(6)
    ]
    assert [TOO_OFTEN in page for page in pages] == [False] * 5 + [True]


def test_tries_from_elsewhere_count_for_the_address(visitor: Visitor) -> None:
    make_person()
    for n in range(5):
        other = Visitor(Client(REMOTE_ADDR=f"192.0.2.{n}"))
        other.sign_in(ADA, "wrong wrong wrong")
    assert TOO_OFTEN in visitor.sign_in().content.decode()


def test_one_client_cannot_try_many_addresses(visitor: Visitor) -> None:
    pages = [
        visitor.sign_in(f"person{n}@example.org").content.decode() for n in range(11)
    ]
    assert [TOO_OFTEN in page for page in pages] == [False] * 10 + [True]


def test_a_forwarded_address_is_believed_of_trusted_proxies_only(
    settings: Settings,
) -> None:
    make_person()
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "1/m/ip"}
    spoofed = [
        Visitor(Client(HTTP_X_FORWARDED_FOR=f"192.0.2.{n}")).sign_in(ADA, "wrong")
        for n in range(2)
    ]
    assert TOO_OFTEN in spoofed[1].content.decode()
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    told = Visitor(Client(HTTP_X_FORWARDED_FOR="192.0.2.99"))
    assert told.sign_in().status_code == 302
    assert AuditEvent.objects.latest("at").ip == "192.0.2.99"


def test_more_than_thirty_tries_in_a_minute_are_answered_by_429(
    visitor: Visitor,
) -> None:
    answers = [visitor.client.post("/sign-in/", {}) for _ in range(31)]
    assert [one.status_code for one in answers] == [200] * 30 + [429]
    assert answers[30].headers["Retry-After"] == "60"


def test_an_unconfirmed_account_signs_in_like_a_wrong_password_and_counts_like_it(
    visitor: Visitor,
) -> None:
    User.objects.create_user(ADA, WORDS)
    pages = [visitor.sign_in().content.decode() for _ in range(6)]
    assert [WRONG in page for page in pages] == [True] * 5 + [False]
    assert TOO_OFTEN in pages[5]


def test_tries_of_a_known_and_an_unknown_address_are_written_down_alike(
    visitor: Visitor,
) -> None:
    person = make_person()
    visitor.sign_in(ADA, "wrong wrong wrong")
    visitor.sign_in("nobody@example.org", "wrong wrong wrong")
    found = list(AuditEvent.objects.order_by("at").values_list("act", "actor_id"))
    failed = "person.sign_in_failed"
    assert found == [(failed, person.id), (failed, None)]


def test_a_password_is_checked_once_for_a_known_and_an_unknown_address(
    visitor: Visitor, settings: Settings
) -> None:
    settings.PASSWORD_HASHERS = ["tests.people.counting.CountingHasher"]
    make_person()
    User.objects.create_user("waiting@example.org", WORDS)
    counts = []
    for email in (ADA, "waiting@example.org", "nobody@example.org"):
        CountingHasher.count = 0
        visitor.sign_in(email, OTHER_WORDS)
        counts.append(CountingHasher.count)
    assert counts == [1, 1, 1]


def test_someone_switched_off_does_not_get_in(visitor: Visitor) -> None:
    make_person(is_active=False)
    assert visitor.sign_in().headers["Location"] == "/account/inactive/"
    assert "switched off" in visitor.read("/account/inactive/")
    assert not visitor.is_signed_in()


@pytest.mark.parametrize(
    "place",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "http://localhost/",
    ],
)
def test_signing_in_and_out_never_leads_to_another_site(
    visitor: Visitor, place: str
) -> None:
    make_person()
    assert visitor.sign_in(next_page=place).headers["Location"] == "/"
    answer = visitor.client.post("/sign-out/", {"next": place})
    assert answer.headers["Location"] == "/"


def test_signing_in_leads_to_the_page_that_asked(visitor: Visitor) -> None:
    make_person()
    asked = visitor.client.get("/account/sessions/").headers["Location"]
    assert asked == "/sign-in/?next=/account/sessions/"
    answer = visitor.sign_in(next_page="/account/sessions/")
    assert answer.headers["Location"] == "/account/sessions/"


@pytest.mark.parametrize(
    "address",
    ["/sign-in/", "/sign-out/", "/account/sign-up/", "/account/forgotten/"],
)
def test_every_form_needs_a_token(address: str) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post(address, {"login": ADA}).status_code == 403


def test_cookies_are_closed_to_scripts_and_under_https_to_plain_connections(
    settings: Settings,
) -> None:
    settings.SESSION_COOKIE_SECURE = settings.HTTPS = True
    settings.CSRF_COOKIE_SECURE = True
    make_person()
    client = Client()
    client.get("/sign-in/", secure=True)
    client.post("/sign-in/", {"login": ADA, "password": WORDS}, secure=True)
    session, token = client.cookies["sessionid"], client.cookies["csrftoken"]
    assert session["secure"]
    assert token["secure"]
    assert session["httponly"]
    assert (session["samesite"], token["samesite"]) == ("Lax", "Lax")


def test_what_a_person_does_is_written_down_in_order(visitor: Visitor) -> None:
    make_person()
    visitor.sign_in()
    visitor.client.post("/sign-out/")
    assert acts() == ["person.signed_in", "person.signed_out"]
    event = AuditEvent.objects.earliest("at")
    assert event.details == {"by": "password"}
    assert event.ip == "127.0.0.1"


def test_the_admin_has_the_same_door_as_everybody(visitor: Visitor) -> None:
    make_person(is_staff=True, is_superuser=True)
    answer = visitor.client.get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0] == "/sign-in/?next=%2Fadmin%2F"
    form = {"username": ADA, "password": WORDS}
    assert visitor.client.post("/admin/login/", form).status_code == 302
    assert not visitor.is_signed_in()
    visitor.sign_in(next_page="/admin/")
    assert visitor.client.get("/admin/").status_code == 200
    assert visitor.client.get("/admin/password_change/").status_code == 200
    assert visitor.client.post("/admin/logout/").headers["Location"] == "/"
    assert acts()[-1] == "person.signed_out"


def test_who_is_no_operator_is_refused_by_the_admin(visitor: Visitor) -> None:
    make_person()
    visitor.sign_in()
    assert visitor.client.get("/admin/login/").status_code == 403
