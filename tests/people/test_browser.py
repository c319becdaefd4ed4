"""Passkeys, providers and every account page, in a real browser."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

from apps.accounts.models import AuditEvent, User
from tests.fakes.oauth_server import serve_providers
from tests.people.acting import ADA, WORDS, Visitor, make_person
from tests.people.providers import configured
from tests.people.test_pages import FOR_ANYBODY, FOR_PEOPLE
from tests.people.test_second_factor import RECOVERY, code_now
from tests.web.conftest import server
from tests.web.test_browser import CHROMIUM, open_page
from tests.web.test_browser import pytestmark as needs_chromium

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page
    from pytest_django.fixtures import Settings

    from tests.web.server import RunningServer

__all__ = ["server"]
pytestmark = [*needs_chromium, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser for which `localhost` has one address, the server's."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM),
            args=[
                "--no-sandbox",
                "--disable-dev-shm-usage",
                "--host-resolver-rules=MAP localhost 127.0.0.1",
            ],
        )
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


def place(server: RunningServer, address: str) -> str:
    """An address under the name that browsers let passkeys have."""
    return f"http://localhost:{server.port}{address}"


@contextmanager
def device(page: Page) -> Iterator[str]:
    """A device that keeps passkeys and is unlocked without asking."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    yield made["authenticatorId"]


def sign_in(page: Page, server: RunningServer) -> None:
    page.goto(place(server, "/sign-in/"))
    page.get_by_label("E-mail address").fill(ADA)
    page.get_by_label("Password", exact=True).fill(WORDS)
    page.get_by_role("button", name="Sign in", exact=True).click()


def confirm(page: Page) -> None:
    page.get_by_label("Password", exact=True).fill(WORDS)
    page.get_by_role("button", name="Confirm").click()


def add_passkey(page: Page, server: RunningServer, name: str) -> None:
    sign_in(page, server)
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.goto(place(server, "/account/passkeys/add/"))
    confirm(page)
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Go on at the device").click()
    expect(page.locator("h2", has_text="Recovery codes")).to_be_visible()


def test_a_passkey_is_added_and_signs_in_without_a_password(
    server: RunningServer, chromium: Browser
) -> None:
    make_person()
    with open_page(chromium) as (page, complaints), device(page):
        add_passkey(page, server, "Laptop")
        page.goto(place(server, "/account/passkeys/"))
        expect(page.locator("tbody th")).to_have_text("Laptop")
        expect(page.locator("tbody")).to_contain_text("signs in alone")
        page.get_by_role("button", name="Sign out").click()
        page.goto(place(server, "/sign-in/?next=/account/sessions/"))
        page.get_by_role("button", name="Sign in with a passkey").click()
        expect(page).to_have_url(place(server, "/account/sessions/"))
        assert complaints == []
    events = AuditEvent.objects.filter(act="person.signed_in").order_by("at")
    assert [one.details["by"] for one in events] == ["password", "webauthn"]


def test_a_passkey_is_the_second_step_after_a_password_and_confirms_changes(
    server: RunningServer, chromium: Browser
) -> None:
    make_person()
    with open_page(chromium) as (page, complaints), device(page):
        add_passkey(page, server, "Phone")
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("link", name="Sign in")).to_be_visible()
        sign_in(page, server)
        page.get_by_role("button", name="Use a passkey").click()
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        page.goto(place(server, "/account/two-factor/recovery/new/"))
        page.get_by_role("link", name="Use a security key").click()
        page.get_by_role("button", name="Use a passkey").click()
        page.get_by_role("button", name="Make them").click()
        expect(page.locator(".list.mono li")).to_have_count(10)
        assert complaints == []


def test_a_device_without_a_passkey_is_told_so_and_nothing_happens(
    server: RunningServer, chromium: Browser
) -> None:
    make_person()
    with open_page(chromium) as (page, _), device(page):
        page.goto(place(server, "/sign-in/"))
        page.get_by_role("button", name="Sign in with a passkey").click()
        expect(page.locator("[data-passkey-word]")).to_contain_text("came to nothing")
        expect(page).to_have_url(place(server, "/sign-in/"))


def test_a_removed_passkey_signs_in_no_more(
    server: RunningServer, chromium: Browser
) -> None:
    make_person()
    with open_page(chromium) as (page, _), device(page):
        add_passkey(page, server, "Lost")
        page.goto(place(server, "/account/passkeys/"))
        page.get_by_role("link", name="Remove Lost").click()
        page.get_by_role("button", name="Remove it").click()
        expect(page.locator(".empty h3")).to_have_text("No passkey yet")
        page.get_by_role("button", name="Sign out").click()
        page.goto(place(server, "/sign-in/"))
        page.get_by_role("button", name="Sign in with a passkey").click()
        expect(page.locator(".messages .error")).to_contain_text("did not match")


def test_an_app_is_set_up_from_its_picture_and_asked_for_at_the_next_sign_in(
    server: RunningServer, chromium: Browser
) -> None:
    make_person()
    with open_page(chromium) as (page, complaints):
        sign_in(page, server)
        page.goto(place(server, "/account/two-factor/app/"))
        confirm(page)
        assert page.locator(".qr").evaluate("image => image.naturalWidth") > 0
        secret = page.locator("dd.mono").inner_text().strip()
        page.get_by_label("Code").fill(code_now(secret))
        page.get_by_role("button", name="Turn it on").click()
        (code, *_) = RECOVERY.findall(page.content())
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("link", name="Sign in")).to_be_visible()
        sign_in(page, server)
        page.get_by_label("Code").fill(code)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        assert complaints == []


def test_the_button_of_a_provider_leaves_and_comes_back_signed_in(
    server: RunningServer, chromium: Browser, settings: Settings
) -> None:
    settings.SOCIALACCOUNT_PROVIDERS = configured()
    with serve_providers() as providers, open_page(chromium) as (page, complaints):
        providers.add_github_email(ADA)
        page.goto(place(server, "/sign-in/"))
        page.get_by_role("button", name="Sign in with GitHub").click()
        page.locator("#allow").click()
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        assert complaints == []
    assert User.objects.get().email == ADA


def look_at(page: Page, server: RunningServer, address: str, width: int) -> None:
    """Open a page; it has to fit and to be accessible."""
    page.goto(place(server, address))
    assert page.evaluate("document.documentElement.scrollWidth") <= width, address
    found = Axe().run(page)
    assert found.violations_count == 0, f"{address}: {found.generate_report()}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_every_page_of_people_is_accessible_fits_and_breaks_no_policy(
    server: RunningServer,
    chromium: Browser,
    settings: Settings,
    scheme: str,
    width: int,
) -> None:
    settings.SOCIALACCOUNT_PROVIDERS = configured()
    make_person(is_staff=True)
    ada = Visitor()
    ada.sign_in()
    ada.confirm()
    session = ada.client.cookies["sessionid"].value
    with open_page(chromium, scheme=scheme, width=width) as (page, complaints):
        for address in FOR_ANYBODY:
            look_at(page, server, address, width)
        page.context.add_cookies(
            [{"name": "sessionid", "value": session, "url": place(server, "/")}]
        )
        for address in [*FOR_PEOPLE, "/mail/"]:
            look_at(page, server, address, width)
        assert [one for one in complaints if "401" not in one] == []
