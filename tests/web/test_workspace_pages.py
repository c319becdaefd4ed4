"""The pages of a workspace in a real browser."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import expect

from apps.accounts.models import Invitation
from tests.accounts.access import invitation_of, member_of
from tests.accounts.cast import make_cast
from tests.accounts.test_account_api import write_acts
from tests.web.cast import make_suite
from tests.web.test_browser import CHROMIUM, chromium, open_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from apps.accounts.models import User
    from tests.accounts.cast import Cast
    from tests.web.server import RunningServer

__all__ = ["chromium"]  # a fixture, which pytest finds by its name here
pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        not CHROMIUM.exists(), reason="needs Chromium: apt-get install chromium"
    ),
]


def addresses(cast: Cast) -> list[str]:
    place = f"/workspaces/{cast.workspace.id}/"
    parts = (
        "",
        "members/",
        f"members/{member_of(cast, 'member')}/",
        f"members/{member_of(cast, 'member')}/remove/",
        "audit/",
        "audit/?person=nobody",
        "settings/",
        "transfer/",
        "leave/",
        "delete/",
    )
    return ["/workspaces/", "/workspaces/new/", *(f"{place}{part}" for part in parts)]


def sign_in(page: Page, server: RunningServer, user: User) -> None:
    client = Client()
    client.force_login(user)
    value = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": value, "url": server.url}])


def look(page: Page, address: str, width: int) -> None:
    """See that a page fits and that everybody can use it; keep a picture if asked."""
    if folder := os.environ.get("ASSAY_TEST_PICTURES"):
        dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
        name = re.sub(r"[0-9a-f-]{36}|\W+", "_", address) + ("dark" if dark else "")
        page.screenshot(path=f"{folder}/{name}{width}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width, address
    found = Axe().run(page)
    assert found.violations_count == 0, f"{address}: {found.generate_report()}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_the_pages_of_a_workspace_are_accessible_and_fit(
    server: RunningServer, chromium: Browser, scheme: str, width: int
) -> None:
    cast = make_cast()
    invitation_of(cast)
    write_acts(cast, 3)
    # Hidden, as the overview says.
    make_suite(slug="private", is_public=False, workspace_id=cast.workspace.id)
    with open_page(chromium, scheme=scheme, width=width) as (page, complaints):
        sign_in(page, server, cast.owner)
        for address in addresses(cast):
            page.goto(f"{server.url}{address}")
            look(page, address, width)
        page.locator(".menu summary").click()
        expect(page.locator(".menu ul").first).to_contain_text("Bridge builders")
        look(page, "/menu", width)
        page.keyboard.press("Escape")
        expect(page.locator(".menu ul").last).to_be_hidden()
        assert complaints == []


@pytest.mark.parametrize("width", [360, 1440])
def test_an_invitation_is_accepted_from_its_page_without_script(
    server: RunningServer, chromium: Browser, width: int
) -> None:
    cast = make_cast()
    invitation_of(cast)
    offer = f"/invitations/{'t' * 43}/"
    with open_page(chromium, width=width) as (page, complaints):
        page.goto(f"{server.url}{offer}")
        look(page, "/invitation-visitor", width)
        sign_in(page, server, cast.stranger)
        page.goto(f"{server.url}{offer}")
        look(page, "/invitation-guest", width)
        page.get_by_role("button", name="Accept").click()
        expect(page.locator("h1")).to_have_text("Bridge builders")
        expect(page.locator(".messages")).to_contain_text("Welcome")
        assert complaints == []
    assert Invitation.objects.get().state == "accepted"
