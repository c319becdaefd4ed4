from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from apps.predictions.models import Experiment
from apps.predictions.selectors.jobs import get_last_job
from apps.predictions.services.live import announce_hour
from apps.predictions.services.scores import recompute_scores
from tests.web.asking_cast import make_asking
from tests.web.market_cast import make_shown, make_simulated
from tests.web.test_browser import (
    chromium,
    open_page,
    pytestmark,
    sign_in_staff,
)
from tests.web.test_live_monitor import (
    HOUR,
    make_job,
    make_moved,
    split,
    this_hour,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.web.server import RunningServer

__all__ = ["chromium", "pytestmark"]
PICTURES = os.environ.get("PICTURES", "")


def make_pages() -> list[str]:
    """Every page of the bench of markets, with hours on the monitor.

    The newest hour tells natures apart, and one experiment was published afterwards.
    """
    shown, simulated, hour = make_shown(), make_simulated(), this_hour()
    own = Experiment.objects.filter(pk=shown.experiment.pk)
    own.update(published_at=hour + HOUR)
    recompute_scores(now=hour, everything=True)
    make_moved(hour)
    make_job(hour, natures=split(successful=11, markets_tracked=1))
    for back in (1, 3):
        make_job(hour - back * HOUR)
    askings = [
        make_asking(None, state, models=2, name=state, reason="why" if reason else "")
        for state, reason in (("running", False), ("stopped", True))
    ]
    return [
        *shown.addresses,
        f"/predictions/{simulated.pk}/",
        "/search?q=m1",
        "/predictions/askings/",
        "/predictions/askings/?status=failed",
        *(f"/predictions/askings/{run.pk}/" for run in askings),
        f"/predictions/askings/{askings[0].pk}/?status=unanswered",
        f"/predictions/experiments/{askings[0].items.all()[0].experiment_id}/",
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_every_page_of_the_markets_is_accessible_and_fits(
    server: RunningServer,
    chromium: Browser,
    scheme: str,
    width: int,
) -> None:
    addresses = make_pages()
    with open_page(chromium, scheme=scheme, width=width) as (page, complaints):
        sign_in_staff(page, server, scheme)
        for number, address in enumerate(addresses):
            page.goto(f"{server.url}{address}", timeout=60_000)
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, address
            found = Axe().run(page)
            assert found.violations_count == 0, f"{address}: {found.generate_report()}"
            assert complaints == [], address
            if PICTURES:
                name = f"{number:02}-{scheme}-{width}.png"
                page.screenshot(path=f"{PICTURES}/{name}", full_page=True)


def test_the_monitor_moves_by_itself_when_an_hour_ends(
    server: RunningServer,
    chromium: Browser,
) -> None:
    with open_page(chromium) as (page, complaints):
        page.goto(f"{server.url}/predictions/live/")
        expect(page.locator("[data-live-state]")).to_have_text("Live")
        expect(page.locator("#monitor h2")).to_have_text("No hour yet")
        make_job(this_hour())
        job = get_last_job()
        assert job is not None
        announce_hour(job)
        expect(page.locator("#monitor .bars > div")).to_have_count(4)
        expect(page.locator("[data-summary]")).to_have_text(job.words)
        assert complaints == []


def test_the_board_is_sorted_without_a_script(
    server: RunningServer,
    chromium: Browser,
) -> None:
    make_shown()
    page = chromium.new_page(java_script_enabled=False)
    page.goto(f"{server.url}/predictions/")
    page.locator("#by-convergence").click()
    expect(page.locator("th[aria-sort=descending]")).to_contain_text("Went its way")
    expect(page.locator(".board tbody tr")).to_have_count(3)
    page.close()
