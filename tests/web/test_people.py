from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.web import cast

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db
WORDS = "a long pass phrase"


def test_a_person_signs_in_by_address_and_out_again(client: Client) -> None:
    cast.make_person("ada@example.org", password=WORDS)
    credentials = {"login": "ada@example.org", "password": WORDS}
    response = client.post("/sign-in/", credentials, follow=True)
    assert "Signed in as ada@example.org" in response.content.decode()
    response = client.post("/sign-out/", follow=True)
    assert "Sign in" in response.content.decode()


def test_a_wrong_password_and_an_unknown_address_look_alike(client: Client) -> None:
    cast.make_person("ada@example.org", password=WORDS)
    pages = []
    for address in ("ada@example.org", "bob@example.org"):
        credentials = {"login": address, "password": "wrong"}
        page = client.post("/sign-in/", credentials).content.decode()
        assert "do not belong together" in page
        pages.append(page.count("do not belong together"))
    assert pages[0] == pages[1]


def test_signing_in_leads_back_but_never_to_another_site(client: Client) -> None:
    cast.make_person("ada@example.org", password=WORDS)
    for wish, place in (("/runs/", "/runs/"), ("https://evil.example/", "/")):
        credentials = {"login": "ada@example.org", "password": WORDS}
        response = client.post("/sign-in/", {**credentials, "next": wish})
        assert response.headers["Location"] == place
        client.logout()


def test_signing_out_needs_a_form(client: Client) -> None:
    assert client.get("/sign-out/").status_code == 405


@pytest.mark.parametrize("theme", ["light", "dark", "system"])
def test_a_chosen_theme_is_in_the_page_that_the_server_sends(
    client: Client, theme: str
) -> None:
    client.post("/theme/", {"theme": theme, "next": "/about/"})
    html = " ".join(client.get("/about/").content.decode().split())
    assert f'<html lang="en" data-theme="{theme}">' in html
    assert f'value="{theme}" aria-pressed="true"' in html


@pytest.mark.parametrize("place", ["https://evil.example/", "//evil.example", ""])
def test_choosing_a_theme_never_leads_to_another_site(
    client: Client, place: str
) -> None:
    response = client.post("/theme/", {"theme": "dark", "next": place})
    assert response.headers["Location"] == "/"


def test_an_unknown_theme_is_refused_and_a_forged_cookie_ignored(
    client: Client,
) -> None:
    assert client.post("/theme/", {"theme": '"><script>'}).status_code == 422
    client.cookies["theme"] = '"><script>'
    assert 'data-theme="system"' in client.get("/about/").content.decode()


def test_staff_have_their_own_places_in_the_navigation(client: Client) -> None:
    assert "/status/" not in client.get("/").content.decode()
    client.force_login(cast.make_person("staff@example.org", is_staff=True))
    html = client.get("/").content.decode()
    assert 'href="/status/"' in html
    assert 'href="/runs/new/"' in html
