"""Pages of the bench of markets that move while somebody reads them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Position, expect

from apps.predictions.selectors.revisions import read_board_revision
from apps.predictions.services.scores import recompute_scores
from apps.predictions.services.steering import pause_prediction
from tests.markets.make import NOW
from tests.predictions.test_recording import entry, record
from tests.web.market_cast import make_shown
from tests.web.test_browser import chromium, open_page, pytestmark

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page, WebSocketRoute

    from tests.web.server import RunningServer

__all__ = ["chromium", "pytestmark"]


def state_of(page: Page) -> Locator:
    return page.locator("[data-live-state]")


@dataclass
class Line:
    """The way of sockets to the server, which can be cut."""

    sockets: list[WebSocketRoute] = field(default_factory=list)
    is_cut: bool = False

    def pass_on(self, socket: WebSocketRoute) -> None:
        self.sockets.append(socket)
        socket.close() if self.is_cut else socket.connect_to_server()

    def cut(self) -> None:
        self.is_cut = True
        self.sockets[-1].close()


def open_live(page: Page, address: str) -> None:
    page.goto(address)
    expect(state_of(page)).to_have_text("Live")


def test_the_board_moves_when_scores_are_computed(
    server: RunningServer, chromium: Browser
) -> None:
    shown = make_shown()
    shown.other.scores.all().delete()
    with open_page(chromium) as (page, complaints):
        open_live(page, f"{server.url}/predictions/?sort=recent")
        page.locator("#by-confidence").focus()
        expect(page.locator(".board tbody tr")).to_have_count(2)
        recompute_scores(now=datetime.now(UTC), everything=True)
        expect(page.locator(".board tbody tr")).to_have_count(3)
        expect(page.locator("th[aria-sort] a")).to_have_id("by-recent")
        expect(page.locator("#by-confidence")).to_be_focused()
        expect(state_of(page)).to_have_text("Live")
        assert complaints == []


def test_a_prediction_moves_and_the_reader_stays_where_they_were(
    server: RunningServer, chromium: Browser
) -> None:
    shown = make_shown()
    with open_page(chromium) as (page, complaints):
        address = f"{server.url}/predictions/{shown.prediction.pk}/?period=30d"
        open_live(page, address)
        page.locator(".pages a[rel=next]").click()
        expect(state_of(page)).to_have_text("Live")
        page.locator(".pages a[rel=prev]").focus()
        before = page.evaluate("scrollY")
        assert before > 0
        pause_prediction(prediction_id=shown.prediction.pk, now=datetime.now(UTC))
        expect(page.locator(".head .tag").last).to_have_text("paused")
        expect(page.locator(".pages a[rel=prev]")).to_be_focused()
        assert page.evaluate("scrollY") == before
        assert page.url == f"{address}&page=2"
        expect(page.locator("[aria-current=true]").last).to_have_text("30d")
        assert complaints == []


def test_an_experiment_moves_when_it_has_a_new_prediction(
    server: RunningServer, chromium: Browser
) -> None:
    shown = make_shown()
    with open_page(chromium) as (page, complaints):
        open_live(page, f"{server.url}/predictions/experiments/{shown.other.pk}/")
        facts = page.locator("#experiment .facts").first
        expect(facts).to_contain_text("12 on 12 events")
        now = datetime.now(UTC)
        type(shown.market).objects.update(status="open", quoted_at=now)
        record(shown.other.pk, entry(shown.market), later=now - NOW)
        expect(facts).to_contain_text("13 on 13 events")
        assert complaints == []


def test_what_somebody_marks_is_not_taken_from_under_their_hand(
    server: RunningServer, chromium: Browser
) -> None:
    shown = make_shown()
    with open_page(chromium) as (page, _):
        open_live(page, f"{server.url}/predictions/{shown.prediction.pk}/")
        page.locator("h1").select_text()
        pause_prediction(prediction_id=shown.prediction.pk, now=datetime.now(UTC))
        page.wait_for_timeout(3500)
        expect(page.locator(".head .tag").last).to_have_text("active")
        page.evaluate("getSelection().removeAllRanges()")
        expect(page.locator(".head .tag").last).to_have_text("paused")


def test_a_page_says_that_its_line_is_lost_and_asks_for_nothing_meanwhile(
    server: RunningServer, chromium: Browser
) -> None:
    make_shown()
    line, asked = Line(), []
    with open_page(chromium) as (page, _):
        page.route_web_socket("**/ws/**", line.pass_on)
        open_live(page, f"{server.url}/predictions/")
        page.on("request", lambda request: asked.append(request.url))
        line.cut()
        expect(state_of(page)).to_contain_text("this stands still")
        while len(line.sockets) < 4:
            page.wait_for_timeout(200)
        assert asked == []
        line.is_cut = False
        recompute_scores(now=datetime.now(UTC), everything=True)
        expect(state_of(page)).to_have_text("Live")
        version = read_board_revision()
        expect(page.locator("#board")).to_have_attribute("data-version", version)
        assert len(asked) == 1


def test_a_page_says_so_where_the_server_fails(
    server: RunningServer, chromium: Browser
) -> None:
    make_shown()
    with open_page(chromium) as (page, _):
        open_live(page, f"{server.url}/predictions/")
        page.route("**/predictions/", lambda route: route.fulfill(status=503))
        recompute_scores(now=datetime.now(UTC), everything=True)
        expect(state_of(page)).to_have_text("Could not be brought up to date")
        expect(page.locator(".board tbody tr")).to_have_count(3)


def test_the_pages_say_as_of_when_without_a_script(
    server: RunningServer, chromium: Browser
) -> None:
    shown = make_shown()
    page = chromium.new_page(java_script_enabled=False)
    for address in (
        "/predictions/",
        f"/predictions/{shown.prediction.pk}/",
        f"/predictions/experiments/{shown.experiment.pk}/",
    ):
        page.goto(f"{server.url}{address}")
        expect(page.locator("main")).to_contain_text("As of 20")
        expect(state_of(page)).to_be_hidden()
    page.close()


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_a_chart_tells_the_price_at_the_pointer(
    server: RunningServer, chromium: Browser, share: float
) -> None:
    shown = make_shown()
    with open_page(chromium, width=360) as (page, complaints):
        page.goto(f"{server.url}/predictions/{shown.prediction.pk}/?period=30d")
        reading = page.locator(".reading")
        expect(reading).to_be_hidden()
        chart = page.locator(".plot svg")
        box = chart.bounding_box()
        assert box is not None
        where = Position(x=1 + share * (box["width"] - 2), y=40)
        chart.hover(position=where)
        expect(reading).to_have_text(re.compile(r"20..-..-.. ..:.. UTC: \d+\.\d %"))
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        page.locator("h1").hover()
        expect(reading).to_be_hidden()
        assert complaints == []


def is_ringed(page: Page) -> bool:
    """Whether what has the focus shows it."""
    ring = "getComputedStyle(document.activeElement).outline"
    outline: str = page.evaluate(ring)
    return outline.endswith("solid 2px")


def tab_to(page: Page, words: str) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == words:
            return
    raise AssertionError(f"{words} is out of reach.")


def test_order_period_and_pages_are_within_reach_of_the_keyboard(
    server: RunningServer, chromium: Browser
) -> None:
    shown = make_shown()
    with open_page(chromium) as (page, complaints):
        open_live(page, f"{server.url}/predictions/")
        tab_to(page, "Went its way")
        assert is_ringed(page)
        page.keyboard.press("Enter")
        expect(page.locator("th[aria-sort] a")).to_have_id("by-convergence")
        expect(page.locator("#by-convergence")).to_be_focused()
        page.goto(f"{server.url}/predictions/{shown.prediction.pk}/")
        for words, sign in (("30d", "period=30d"), ("Next", "page=2")):
            tab_to(page, words)
            assert is_ringed(page)
            page.keyboard.press("Enter")
            page.wait_for_url(f"**{sign}*")
        assert complaints == []
