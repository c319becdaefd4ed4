from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import WebSocketRoute, expect, sync_playwright

from apps.benchmarks.domain.specs import Verdict
from apps.benchmarks.models import Result, Task
from apps.benchmarks.selectors.suites import get_tasks
from apps.benchmarks.services.leases import finish_shard
from apps.catalog.models import Model
from tests.web import cast

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from playwright.sync_api import Browser, Page

    from apps.benchmarks.services.leases import Lease
    from tests.web.server import RunningServer

CHROMIUM = Path("/usr/bin/chromium")
PATIENCE_MS = 20_000

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        not CHROMIUM.exists(), reason="needs Chromium: apt-get install chromium"
    ),
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    # Playwright keeps an event loop in this thread, which Django would take for an
    # asynchronous caller of its database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM),
            args=["--no-sandbox", "--disable-dev-shm-usage"],
        )
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@contextmanager
def open_page(
    chromium: Browser, *, scheme: str = "light", width: int = 1440
) -> Iterator[tuple[Page, list[str]]]:
    """A page, and what it complains about in its console."""
    context = chromium.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda said: complaints.append(said.text) if said.type == "error" else None,
    )
    yield page, complaints
    context.close()


def addresses(run_id: UUID) -> list[str]:
    model_id = Model.objects.get(name="weak").id
    result = Result.objects.filter(verdict="fail")[0]
    return [
        "/",
        "/leaderboard/starter/?sort=cost",
        f"/leaderboard/starter/{model_id}/",
        "/runs/",
        f"/runs/{run_id}/",
        f"/runs/{result.run_id}/samples/{result.id}/",
        "/models/",
        f"/models/{model_id}/",
        "/suites/",
        "/suites/starter/",
        f"/tasks/{Task.objects.all()[0].id}/",
        "/search?q=pairs",
        "/about/",
        "/api/",
        "/sign-in/",
        "/runs/new/",
        "/status/",
    ]


def sign_in_staff(page: Page, server: RunningServer, theme: str) -> None:
    client = Client()
    client.force_login(cast.make_person("staff@example.org", is_staff=True))
    cookies = {"sessionid": client.cookies["sessionid"].value, "theme": theme}
    page.context.add_cookies(
        [{"name": name, "value": v, "url": server.url} for name, v in cookies.items()]
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_every_page_is_accessible_fits_and_breaks_no_policy(
    server: RunningServer, chromium: Browser, scheme: str, width: int
) -> None:
    run_id = cast.make_graded_run()
    with open_page(chromium, scheme=scheme, width=width) as (page, complaints):
        sign_in_staff(page, server, scheme)
        for address in addresses(run_id):
            page.goto(f"{server.url}{address}")
            if "/models/" in address and address != "/models/":
                page.wait_for_selector("#history .main-svg")
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, address
            found = Axe().run(page)
            assert found.violations_count == 0, f"{address}: {found.generate_report()}"
            assert complaints == [], address


def start() -> tuple[UUID, Lease, list[UUID]]:
    version_id = cast.make_suite()
    run_id = cast.make_run(version_id, cast.make_model())
    (lease,) = cast.claim(run_id)
    return run_id, lease, [task.id for task in get_tasks(version_id)]


def test_a_run_moves_by_itself_until_it_ends(
    server: RunningServer, chromium: Browser
) -> None:
    run_id, lease, tasks = start()
    with open_page(chromium) as (page, complaints):
        page.goto(f"{server.url}/runs/{run_id}/")
        expect(page.locator("[data-live-state]")).to_have_text("Live")
        cast.store(lease, [cast.make_result(tasks[0], Verdict.PASS)])
        expect(page.locator("dd[data-field=passed]")).to_have_text("1")
        expect(page.locator("#samples .tag.pass")).to_have_count(1)
        cast.store(lease, [cast.make_result(task, Verdict.FAIL) for task in tasks[1:]])
        finish_shard(lease=lease, status="done", now=cast.clock())
        expect(page.locator("#run .tag.completed")).to_be_visible()
        expect(page.locator("#samples .tag.fail")).to_have_count(5)
        assert complaints == []


def test_a_leaderboard_moves_by_itself_and_keeps_what_was_unfolded(
    server: RunningServer, chromium: Browser
) -> None:
    cast.make_graded_run()
    version_id = Task.objects.all()[0].suite_version_id
    run_id = cast.make_run(version_id, cast.make_model("third"))
    (lease,) = cast.claim(run_id)
    tasks = get_tasks(version_id)
    with open_page(chromium) as (page, complaints):
        page.goto(server.url)
        expect(page.locator("[data-live-state]")).to_have_text("Live")
        page.locator("#pairs summary").click()
        cast.store(lease, [cast.make_result(task.id, Verdict.PASS) for task in tasks])
        expect(page.locator(".board tbody tr")).to_have_count(3)
        expect(page.locator("#pairs")).to_have_attribute("open", "")
        assert complaints == []


def test_a_heading_sorts_in_place_and_changes_the_address(
    server: RunningServer, chromium: Browser
) -> None:
    cast.make_graded_run()
    with open_page(chromium) as (page, complaints):
        page.goto(f"{server.url}/leaderboard/starter/")
        page.locator("#by-model").click()
        page.wait_for_url("**/leaderboard/starter/?sort=model")
        page.locator("#by-model").click()
        page.wait_for_url("**/leaderboard/starter/?sort=-model")
        expect(page.locator(".board tbody tr").first).to_contain_text("Weak")
        expect(page.locator("th[aria-sort=descending]")).to_have_count(1)
        page.goto(f"{server.url}/about/")
        page.go_back()
        expect(page.locator("h1")).to_have_text("Starter")
        assert complaints == []


def test_an_answer_opens_and_closes_in_its_row(
    server: RunningServer, chromium: Browser
) -> None:
    run_id = cast.make_graded_run()
    with open_page(chromium) as (page, complaints):
        page.goto(f"{server.url}/runs/{run_id}/")
        link = page.locator("[data-expand]").first
        link.click()
        expect(page.locator(".sample pre").first).to_contain_text("pairs(n)")
        expect(link).to_have_attribute("aria-expanded", "true")
        link.click()
        expect(page.locator(".sample pre").first).to_be_hidden()
        assert complaints == []


def test_the_keyboard_reaches_content_and_search(
    server: RunningServer, chromium: Browser
) -> None:
    cast.make_suite()
    with open_page(chromium) as (page, _):
        page.goto(f"{server.url}/about/")
        page.keyboard.press("Tab")
        expect(page.locator(".skip")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_be_focused()
        page.keyboard.press("/")
        expect(page.locator("#find")).to_be_focused()
        page.keyboard.type("pairs/1")
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("Search")


def test_the_leaderboard_and_its_order_need_no_script(
    server: RunningServer, chromium: Browser
) -> None:
    cast.make_graded_run()
    page = chromium.new_page(java_script_enabled=False)
    page.goto(f"{server.url}/leaderboard/starter/")
    page.locator("#by-model").click()
    page.locator("#by-model").click()
    expect(page.locator(".board tbody tr").first).to_contain_text("Weak")
    page.close()


def test_a_page_asks_now_and_then_where_sockets_do_not_get_through(
    server: RunningServer, chromium: Browser
) -> None:
    run_id, lease, tasks = start()
    with open_page(chromium) as (page, _):
        page.route_web_socket("**/ws/**", lambda socket: socket.close())
        page.goto(f"{server.url}/runs/{run_id}/")
        cast.store(lease, [cast.make_result(tasks[0], Verdict.PASS)])
        state = page.locator("[data-live-state]")
        expect(state).to_have_text("Updating every 10 seconds")
        expect(page.locator("#samples .tag.pass")).to_have_count(1)


def test_a_page_comes_back_when_its_socket_was_lost(
    server: RunningServer, chromium: Browser
) -> None:
    run_id, lease, tasks = start()
    sockets: list[WebSocketRoute] = []
    blocked: list[bool] = []

    def pass_on(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        socket.close() if blocked else socket.connect_to_server()

    with open_page(chromium) as (page, _):
        page.route_web_socket("**/ws/**", pass_on)
        page.goto(f"{server.url}/runs/{run_id}/")
        state = page.locator("[data-live-state]")
        expect(state).to_have_text("Live")
        blocked.append(True)
        sockets[-1].close()
        expect(state).to_have_attribute("data-state", "lost")
        blocked.clear()
        cast.store(lease, [cast.make_result(tasks[0], Verdict.PASS)])
        expect(state).to_have_text("Live")
        expect(page.locator("#samples .tag.pass")).to_have_count(1)
