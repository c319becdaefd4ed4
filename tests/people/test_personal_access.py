"""Every address that belongs to a person, every method, as everybody else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.apps import apps
from django.test import Client
from django.urls import URLPattern, get_resolver

from apps.accounts.models import User
from apps.accounts.selectors.impersonation import SESSION_KEY
from tests.people.acting import ADA, Visitor, acts, make_person
from tests.people.personal import (
    OBJECTS,
    PREFIXES,
    WHOSE,
    Whose,
    make_passkey,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
APPS = {"accounts", "account", "mfa", "socialaccount", "usersessions"}
# They tell when somebody was there, which every request may change.
MOVING = {"last_seen_at", "last_login"}
EVE = "eve@example.org"


@dataclass(frozen=True, slots=True)
class Route:
    """One pattern of the URL map."""

    route: str
    name: str
    parts: tuple[str, ...]


def walk(patterns: Any, prefix: str = "") -> Iterator[Route]:
    for pattern in patterns:
        route = f"{prefix}{pattern.pattern}".lstrip("^")
        if not isinstance(pattern, URLPattern):
            yield from walk(pattern.url_patterns, route)
        elif route.startswith(PREFIXES):
            parts = tuple(pattern.pattern.converters)
            yield Route(route, pattern.name or "", parts)


ROUTES = tuple(walk(get_resolver().url_patterns))


def of(*whose: Whose) -> pytest.MarkDecorator:
    chosen = [one for one in ROUTES if WHOSE.get(one.name) in whose]
    return pytest.mark.parametrize("route", chosen, ids=lambda one: one.route)


@pytest.fixture
def ada(settings: Settings, tmp_path: Path) -> Visitor:
    """Somebody with something of everything, who is signed in."""
    settings.MAIL_FOLDER = tmp_path / "mail"
    settings.EXPORT_FOLDER = tmp_path / "exports"
    person, visitor = make_person(), Visitor()
    visitor.sign_in()
    EmailAddress.objects.create(user=person, email="a2@example.org", verified=True)
    SocialAccount.objects.create(user=person, provider="github", uid="77")
    return visitor


@pytest.fixture
def eve(ada: Visitor) -> Visitor:
    """A stranger who has just said her password, so that nothing asks for it again."""
    make_person(EVE)
    visitor = Visitor()
    visitor.sign_in(EVE)
    visitor.confirm()
    return visitor


def snapshot() -> dict[str, list[str]]:
    """Every row of whatever belongs to people."""
    return {
        model._meta.label: sorted(
            repr([value for name, value in row.items() if name not in MOVING])
            for row in model._default_manager.values()
        )
        for model in apps.get_models()
        if model._meta.app_label in APPS
    }


def path_of(route: Route, ada: Visitor) -> str:
    path = "/" + route.route
    for name in route.parts:
        value = str(OBJECTS[name](ada))
        for kind in ("int", "slug"):
            path = path.replace(f"<{kind}:{name}>", value)
    return path


def ask_all(client: Client, path: str) -> dict[str, int]:
    return {one: client.generic(one, path).status_code for one in METHODS}


def test_every_address_says_whose_it_is_and_every_row_has_an_address() -> None:
    assert {route.name for route in ROUTES} == set(WHOSE)
    assert len({route.name for route in ROUTES}) == len(ROUTES)


@of(Whose.OWN, Whose.OBJECT, Whose.STAFF)
def test_a_visitor_is_led_to_the_sign_in_and_changes_nothing(
    ada: Visitor, route: Route
) -> None:
    path = path_of(route, ada)
    before, answers = snapshot(), ask_all(Client(), path)
    assert set(answers.values()) <= {302, 405}
    assert snapshot() == before
    asked = Client().generic("GET", path)
    assert asked.status_code == 405 or asked.headers["Location"].startswith("/sign-in/")


@of(Whose.OBJECT)
def test_a_stranger_finds_nothing_of_anothers_and_changes_nothing(
    ada: Visitor, eve: Visitor, route: Route
) -> None:
    path = path_of(route, ada)
    before, answers = snapshot(), ask_all(eve.client, path)
    assert answers.pop("OPTIONS") in {200, 405}  # it tells the methods alone
    assert set(answers.values()) - {405} == {404}
    assert snapshot() == before
    # And it is there: its owner finds it.
    statuses = set(ask_all(ada.client, path).values())
    assert statuses & {200, 302}


@of(Whose.STAFF)
def test_the_mail_of_the_installation_is_for_staff(
    ada: Visitor, eve: Visitor, route: Route
) -> None:
    path = path_of(route, ada)
    before = snapshot()
    assert set(ask_all(eve.client, path).values()) == {403, 405}
    User.objects.filter(email=EVE).update(is_staff=True)
    assert eve.client.get(path).status_code == 200
    User.objects.filter(email=EVE).update(is_staff=False)
    assert snapshot() == before


@pytest.mark.parametrize("what", ["remove", "primary", "send"])
@pytest.mark.parametrize("email", [ADA, "a2@example.org", "A2@EXAMPLE.org"])
def test_the_addresses_of_another_are_out_of_reach(
    ada: Visitor, eve: Visitor, what: str, email: str
) -> None:
    before = snapshot()
    eve.client.post("/account/emails/", {f"action_{what}": "", "email": email})
    assert snapshot() == before


def test_what_a_form_names_of_another_stays(ada: Visitor, eve: Visitor) -> None:
    """Ids in the body of a form, and forms that act on all that one has."""
    linked = SocialAccount.objects.get()
    passkey = Authenticator.objects.create(
        user=linked.user, type="webauthn", data={"name": "Phone", "credential": {}}
    )
    before = snapshot()
    for address, form in (
        ("/account/connections/", {"account": linked.pk}),
        ("/account/sessions/", {}),
        ("/account/two-factor/app/remove/", {"user": linked.user_id}),
        ("/account/passkeys/", {"pk": passkey.pk}),
        ("/account/keep/", {"user_id": linked.user_id}),
        ("/account/delete/", {"email": ADA}),
    ):
        eve.client.post(address, form)
        assert snapshot() == before, address
    assert ada.is_signed_in()


@of(*Whose)
def test_who_looks_as_a_person_sees_and_changes_nothing_that_is_theirs_alone(
    ada: Visitor, eve: Visitor, route: Route
) -> None:
    if route.name in {"stop_impersonation", "account_reset_password_from_key"}:
        pytest.skip("the way back, and an address that is a secret")
    path = path_of(route, ada)
    look_as(eve)
    before = snapshot()
    assert set(ask_all(eve.client, path).values()) == {403}
    assert snapshot() == before


def look_as(operator: Visitor) -> None:
    User.objects.filter(email=EVE).update(is_staff=True, is_superuser=True)
    address = f"/admin/accounts/user/{User.objects.get(email=ADA).pk}/see-as/"
    operator.client.post(address, {"reason": "They see nothing"})
    assert SESSION_KEY in operator.client.session


@pytest.mark.parametrize(
    ("fields", "status"),
    [({}, 302), ({"is_superuser": True}, 302), ({"is_staff": True}, 403)],
)
def test_nobody_else_looks_as_a_person(
    ada: Visitor, eve: Visitor, fields: dict[str, bool], status: int
) -> None:
    address = f"/admin/accounts/user/{User.objects.get(email=ADA).pk}/see-as/"
    User.objects.filter(email=EVE).update(**fields)
    before = snapshot()
    for client in (eve.client, Client()):
        answer = client.post(address, {"reason": "I wonder"})
        assert answer.status_code == (status if client is eve.client else 302)
        assert client.get(address).status_code == answer.status_code
        assert SESSION_KEY not in client.session
    assert eve.client.post("/impersonation/stop/").status_code == 302
    assert snapshot() == before
    assert eve.read("/account/").count(ADA) == 0


def test_a_passkey_is_removed_by_the_form_alone_which_tells_of_it(ada: Visitor) -> None:
    """Django's own answer to DELETE passes what mails and records a removal."""
    path = f"/account/passkeys/{make_passkey(ada)}/remove/"
    ada.confirm()
    before = snapshot()
    assert ada.client.delete(path).status_code == 405
    assert snapshot() == before
    assert ada.client.post(path).status_code == 302
    assert Authenticator.objects.count() == 0
    assert "person.passkey_removed" in acts()
