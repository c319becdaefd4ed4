"""The pages of keys and usage in a real Chromium: no complaint, no barrier."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import expect

from apps.accounts.services.usage import store_calls
from tests.accounts.cast import make_cast
from tests.accounts.keys import clock, give_tier, new_key
from tests.accounts.test_usage_records import make_call
from tests.web.test_browser import chromium, open_page, pytestmark

if TYPE_CHECKING:
    from playwright._impl._api_structures import SetCookieParam
    from playwright.sync_api import Browser, Page

    from tests.accounts.cast import Cast
    from tests.web.server import RunningServer

__all__ = ["chromium", "pytestmark"]
PICTURES = os.environ.get("PICTURES", "")


def use(people: Cast) -> str:
    give_tier(people.workspace.id, "pro")
    key = new_key(people)
    mine, now = people.workspace.id, clock()
    store_calls(
        [
            make_call(mine, key_id=key.id, at=now - timedelta(days=day), status=status)
            for day in range(7)
            for status in (200, 200, 200, 429 if day % 3 == 0 else 200)
            for _ in range(1 + day)
        ]
    )
    return f"/workspaces/{mine}/"


def enter(people: Cast) -> tuple[str, str]:
    """Return the address of a used workspace, and its owner's session."""
    home, client = use(people), Client()
    client.force_login(people.owner)
    return home, client.cookies["sessionid"].value


def look(page: Page, name: str) -> None:
    width = page.evaluate("window.innerWidth")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}-{width}.png", full_page=True)


@pytest.mark.parametrize(
    ("scheme", "width"), [("light", 1440), ("dark", 360)], ids=["wide", "narrow"]
)
def test_keys_are_made_and_usage_is_read(
    server: RunningServer, chromium: Browser, scheme: str, width: int
) -> None:
    home, session = enter(make_cast())
    with open_page(chromium, scheme=scheme, width=width) as (page, complaints):
        cookie: SetCookieParam = {
            "name": "sessionid",
            "value": session,
            "url": server.url,
        }
        page.context.add_cookies([cookie])

        for name in ("keys", "usage"):
            page.goto(f"{server.url}{home}{name}/")
            look(page, name)
        page.goto(f"{server.url}{home}keys/")
        page.get_by_label("Name").fill("Laptop")
        page.get_by_role("button", name="Make the key").click()
        expect(page.locator("#secret")).to_contain_text("assay_ro_")
        look(page, "new")
        page.goto(f"{server.url}{home}keys/")
        page.get_by_role("link", name="Rename, rotate, revoke Laptop").click()
        look(page, "key")
    assert complaints == []
