"""Askings in a browser: one moves while it goes on, one ends without a script."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.test import Client
from playwright.sync_api import expect

from apps.predictions.models import AskItem, AskRun
from tests.web.asking_cast import make_asking
from tests.web.cast import make_person
from tests.web.test_browser import chromium, open_page, pytestmark, sign_in_staff

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.web.server import RunningServer

__all__ = ["chromium", "pytestmark"]


def test_an_asking_moves_by_itself_until_it_is_over(
    server: RunningServer, chromium: Browser
) -> None:
    run = make_asking(None)
    with open_page(chromium) as (page, complaints):
        sign_in_staff(page, server, "light")
        page.goto(f"{server.url}/predictions/askings/{run.pk}/")
        part = page.locator("#asking")
        expect(part.locator(".tag").first).to_have_text("running")
        AskItem.objects.filter(status="pending").update(status="unanswered")
        AskRun.objects.update(status="completed")
        expect(part.locator(".tag").first).to_have_text("completed")
        expect(part.locator("progress")).to_have_text("5 of 5")
        expect(page.locator("#asking[hx-get]")).to_have_count(0)
        expect(page.locator("#cancel")).to_have_count(0)
        assert complaints == []


def test_an_asking_is_cancelled_without_a_script(
    server: RunningServer, chromium: Browser
) -> None:
    run, client = make_asking(None), Client()
    client.force_login(make_person("staff@example.org", is_staff=True))
    context = chromium.new_context(java_script_enabled=False)
    session = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": server.url}])
    page = context.new_page()
    page.goto(f"{server.url}/predictions/askings/{run.pk}/")
    page.get_by_role("button", name="Cancel the asking").click()
    expect(page.locator("#asking .tag").first).to_have_text("cancelled")
    expect(page.get_by_role("button", name="Resume: 1 left")).to_be_visible()
    context.close()
