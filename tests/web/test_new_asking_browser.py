"""Having models asked from a page, in a real browser, with and without scripts."""

from __future__ import annotations

import os
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import expect

from apps.catalog.models import Provider
from apps.predictions.models import AskRun
from tests.accounts.cast import Cast, make_cast
from tests.fakes.llm_server import FakeLLM
from tests.markets.make import make_venue
from tests.on_demand.cast import add_model, entitle, furnish
from tests.predictions.asking import open_market, says
from tests.web.conftest import server  # noqa: F401 - a fixture
from tests.web.market_cast import HOSTILE
from tests.web.test_browser import chromium, open_page, pytestmark  # noqa: F401

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

    from tests.web.server import RunningServer

PICTURES = os.environ.get("PICTURES", "")
NEW = "/predictions/askings/new/"


def make_pages(base_url: str = "http://127.0.0.1:9/v1") -> tuple[Cast, list[str]]:
    cast = make_cast()
    entitle(cast.workspace.id)
    furnish(cast, base_url)
    add_model(Provider.objects.get(), "dear", Decimal(10))
    long = "Will the longest of all questions fit beside its box on a narrow page?"
    markets = [open_market("rain"), open_market("snow", question=HOSTILE)]
    markets += [open_market(f"m{one}", question=f"{long} {one}") for one in range(12)]
    chosen = "&".join(f"markets={one.pk}" for one in markets[:3])
    return cast, [
        NEW,
        f"{NEW}?{chosen}",
        f"{NEW}?workspace={cast.owner.personal_workspace.id}",
        "/predictions/askings/",
        "/markets/",
        f"/markets/{markets[0].pk}/",
    ]


def sign_in(context: BrowserContext, url: str, cast: Cast, theme: str) -> None:
    client = Client()
    client.force_login(cast.owner)
    cookies = {"sessionid": client.cookies["sessionid"].value, "theme": theme}
    context.add_cookies(
        [{"name": name, "value": v, "url": url} for name, v in cookies.items()]
    )


def look_at(page: Page, width: int, name: str) -> None:
    """Nothing is cut off or out of reach, also in what can be opened."""
    for summary in page.locator("main summary").all():
        summary.click()
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    found = Axe().run(page)
    assert found.violations_count == 0, f"{name}: {found.generate_report()}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_each_step_is_accessible_fits_and_breaks_no_policy(
    server: RunningServer,  # noqa: F811
    chromium: Browser,  # noqa: F811
    scheme: str,
    width: int,
) -> None:
    cast, addresses = make_pages()
    with open_page(chromium, scheme=scheme, width=width) as (page, complaints):
        sign_in(page.context, server.url, cast, scheme)
        for number, address in enumerate(addresses):
            page.goto(f"{server.url}{address}")
            look_at(page, width, f"{number}-{scheme}-{width}")
        page.goto(f"{server.url}{NEW}")
        page.get_by_role("button", name="See what it takes").click()
        look_at(page, width, f"faults-{scheme}-{width}")
        # The answer to a form with faults is no success, and the console says so.
        assert len(complaints) == 1
        page.locator("#id_experiment").fill("trial")
        page.get_by_label("DEAR (acme/dear)").check()
        page.get_by_label("Cost limit").fill("0.01")
        page.get_by_role("button", name="See what it takes").click()
        look_at(page, width, f"takes-{scheme}-{width}")
        assert len(complaints) == 1


def test_an_asking_begins_without_a_script(
    server: RunningServer,  # noqa: F811
    chromium: Browser,  # noqa: F811
) -> None:
    with FakeLLM(reply=says(0.7)) as upstream:
        # A venue that is switched off is not looked at anew.
        make_venue(is_active=False)
        cast, _ = make_pages(upstream.base_url)
        context = chromium.new_context(java_script_enabled=False)
        sign_in(context, server.url, cast, "light")
        page = context.new_page()
        page.goto(f"{server.url}/markets/")
        page.get_by_label("Ask about: Will there be rain?").check()
        page.locator("#ask button").click()
        page.locator("#id_experiment").fill("trial")
        page.get_by_label("M (acme/m)", exact=True).check()
        page.get_by_role("button", name="See what it takes").click()
        page.get_by_role("button", name="Start asking").click()
        # The tests' jobs are done at once.
        expect(page.locator("#asking .tag").first).to_have_text("completed")
    assert page.url == f"{server.url}/predictions/askings/{AskRun.objects.get().pk}/"
    context.close()
