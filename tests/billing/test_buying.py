"""Buying in a real browser, from the prices to the tier and the end."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import expect

from tests.accounts.cast import make_cast
from tests.billing.shop import Shop
from tests.web.server import serve
from tests.web.test_browser import chromium, open_page, pytestmark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.fakes.stripe import FakeStripe
    from tests.web.server import RunningServer

__all__ = ["chromium", "pytestmark"]


@pytest.fixture
def server(transactional_db: None) -> Iterator[RunningServer]:
    with serve() as running:
        yield running


@pytest.fixture
def open_shop(server: RunningServer, configured: FakeStripe) -> Iterator[Shop]:
    """A shop whose Stripe tells of everything at once."""
    over = threading.Event()

    def tell() -> None:
        while not over.wait(0.1):
            if configured.undelivered():
                configured.deliver(f"{server.url}/webhooks/stripe/")

    telling = threading.Thread(target=tell, daemon=True)
    telling.start()
    yield Shop(configured, make_cast())
    over.set()
    telling.join()


def sign_in(page: Page, server: RunningServer, user: Any) -> None:
    client = Client()
    client.force_login(user)
    cookie = client.cookies["sessionid"].value
    page.context.add_cookies(
        [{"name": "sessionid", "value": cookie, "url": server.url}]
    )


def test_a_plan_is_bought_changed_and_ended_by_clicks(
    chromium: Browser,
    server: RunningServer,
    open_shop: Shop,
) -> None:
    with open_page(chromium) as (page, complaints):
        sign_in(page, server, open_shop.cast.owner)
        page.goto(f"{server.url}/pricing/")
        page.get_by_role("link", name="Bridge builders").click()
        page.get_by_role("button", name="Subscribe to Pro, monthly").click()
        expect(page.get_by_role("heading", name="Checkout")).to_be_visible()
        page.get_by_role("button", name="Pay with a good card").click()
        heading = page.get_by_role("heading", name="Stripe has confirmed it")
        expect(heading).to_be_visible()
        page.get_by_role("link", name="To the billing page").click()
        page.get_by_role("button", name="Cancel at the end").click()
        expect(page.get_by_text("The plan ends on")).to_be_visible()
        page.get_by_role("button", name="Customer portal").click()
        page.get_by_role("button", name="Do not cancel").click()
        page.get_by_role("button", name="Return").click()
        page.get_by_role("button", name="Change to Pro, yearly").click()
        expect(page.get_by_text("Pro, yearly", exact=False).first).to_be_visible()
        assert complaints == []
    assert open_shop.tier == "pro"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_the_pages_are_accessible_and_never_wider_than_the_screen(
    chromium: Browser,
    server: RunningServer,
    open_shop: Shop,
    scheme: str,
    width: int,
) -> None:
    open_shop.subscribe(card="failing")
    open_shop.stripe.advance(days=15)
    open_shop.tell()
    base = f"/workspaces/{open_shop.workspace_id}/billing/"
    with open_page(chromium, scheme=scheme, width=width) as (page, complaints):
        sign_in(page, server, open_shop.cast.owner)
        for path in ("/pricing/", base, f"{base}done/", f"{base}left/"):
            page.goto(f"{server.url}{path}")
            found = Axe().run(page).response["violations"]
            assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, path
        assert complaints == []
