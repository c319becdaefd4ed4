from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import allauth
import pytest
from django.urls import URLPattern
from pytest_django.asserts import assertTemplateUsed

from apps.accounts.web.people_urls import urlpatterns
from tests.people.acting import ADA, Visitor, make_person

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db
TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
FOR_ANYBODY = [
    "/sign-in/",
    "/account/sign-up/",
    "/account/forgotten/",
    "/account/forgotten/sent/",
    "/account/forgotten/changed/",
    "/account/forgotten/00-set-password/",
    "/account/inactive/",
    "/account/connections/cancelled/",
    "/account/connections/failed/",
]
FOR_PEOPLE = [
    "/account/",
    "/account/emails/",
    "/account/password/",
    "/account/confirm/",
    "/account/sessions/",
    "/account/two-factor/",
    "/account/two-factor/app/",
    "/account/passkeys/",
    "/account/passkeys/add/",
    "/account/connections/",
]
INLINE = re.compile(
    r"<script(?![^>]*(src=|type=\"application/json\"))|\sstyle=|\son\w+=|javascript:"
)


def check_page(visitor: Visitor, address: str) -> str:
    answer = visitor.client.get(address)
    page = answer.content.decode()
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "form-action 'self'" in policy
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert INLINE.search(page) is None, address
    assert 'href="/static/css/assay' in page, "a page of the product's own"
    return page


@pytest.mark.parametrize("address", FOR_ANYBODY)
def test_pages_of_the_entrance_keep_the_policy(visitor: Visitor, address: str) -> None:
    check_page(visitor, address)


@pytest.mark.parametrize("address", FOR_PEOPLE)
def test_pages_of_an_account_keep_the_policy_and_are_for_people_alone(
    visitor: Visitor, address: str
) -> None:
    answer = visitor.client.get(address)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/sign-in/?next=")
    make_person()
    visitor.sign_in()
    visitor.confirm()
    assert ADA in check_page(visitor, address)


def template_names(pattern: URLPattern) -> set[str]:
    view: Any = pattern.callback
    while not hasattr(view, "view_class") and hasattr(view, "__wrapped__"):
        view = view.__wrapped__
    name = getattr(getattr(view, "view_class", None), "template_name", None)
    return {str(name)} if name else set()


def test_every_page_of_the_library_has_a_template_of_ours() -> None:
    names: set[str] = set()
    for pattern in urlpatterns:
        assert isinstance(pattern, URLPattern)
        names |= template_names(pattern)
    assert len(names) == 29
    missing = {name for name in names if not (TEMPLATES / name).exists()}
    assert missing == {"account/logout.html"}  # no page: signing out is a form


def test_every_mail_of_the_library_is_in_our_words() -> None:
    theirs = Path(allauth.__file__).parent / "templates"
    mails = {
        str(path.relative_to(theirs))
        for folder in ("account", "mfa", "socialaccount")
        for path in (theirs / folder / "email").glob("*_message.txt")
    }
    unused = {"login_code", "password_reset_code", "email_confirm_message", "base_"}
    used = {name for name in mails if not any(word in name for word in unused)}
    assert {name for name in used if not (TEMPLATES / name).exists()} == set()


def test_a_message_of_the_library_is_in_our_words() -> None:
    theirs = Path(allauth.__file__).parent / "templates"
    found = {
        str(path.relative_to(theirs))
        for folder in ("account", "mfa", "socialaccount", "usersessions")
        for path in (theirs / folder / "messages").glob("*.txt")
        if not path.name.startswith(("phone", "login_code"))
    }
    assert {name for name in found if not (TEMPLATES / name).exists()} == set()


def test_a_name_is_saved_and_shown(visitor: Visitor) -> None:
    make_person()
    visitor.sign_in()
    answer = visitor.client.post("/account/", {"name": "  Ada <b>  "})
    assert answer.headers["Location"] == "/account/"
    assert 'value="Ada &lt;b&gt;"' in visitor.read("/account/")
    too_long = visitor.client.post("/account/", {"name": "x" * 201})
    assert "at most 200" in too_long.content.decode()


def test_buttons_of_providers_are_hidden_and_their_addresses_closed_without_a_key(
    visitor: Visitor, settings: Settings
) -> None:
    page = visitor.read("/sign-in/")
    assert "GitHub" not in page
    assert "Google" not in page
    for address in ("github", "google"):
        assert visitor.client.post(f"/account/{address}/").status_code == 404
        assert visitor.client.get(f"/account/{address}/back/").status_code == 404


def test_the_sign_in_page_is_ours(visitor: Visitor) -> None:
    with assertTemplateUsed("account/_providers.html"):
        visitor.client.get("/sign-in/")
