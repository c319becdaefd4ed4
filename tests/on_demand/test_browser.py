"""The pages of credentials, callbacks and runs on demand, in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client

from apps.accounts.domain.audit import SYSTEM
from apps.accounts.models import Delivery
from apps.accounts.services.webhooks import rotate_secret
from tests.accounts.cast import Cast, make_cast
from tests.engine.cast import clock
from tests.on_demand.cast import add_model, entitle, furnish
from tests.web.conftest import server  # noqa: F401 - a fixture
from tests.web.test_browser import chromium, open_page, pytestmark  # noqa: F401

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.web.server import RunningServer


def furnish_pages(cast: Cast) -> list[str]:
    model = furnish(cast)
    add_model(model.provider, "unpriced", None)
    for _ in range(2):
        rotate_secret(workspace_id=cast.workspace.id, actor=SYSTEM, now=clock())
    for number, status in enumerate(("pending", "delivered", "failed")):
        Delivery.objects.create(
            workspace=cast.workspace,
            kind="run.ended",
            reference=str(number),
            url=f"https://hooks.bridges.example/a/rather/long/path/{'x' * 40}?of=mine",
            body="{}",
            status=status,
            attempts=number + 1,
            next_at=clock() if status == "pending" else None,
            last_status=204 if status == "delivered" else 500,
            last_error="" if status == "delivered" else "answered 500",
            last_reply="<h1>Internal Server Error</h1>" if number else "",
            created_at=clock(),
        )
    mine = f"/workspaces/{cast.workspace.id}"
    return [
        f"{mine}/credentials/",
        f"{mine}/webhooks/",
        f"/runs/new/?workspace={cast.workspace.id}",
        f"/runs/new/?workspace={cast.owner.personal_workspace.id}",
    ]


def sign_in(page: Page, url: str, cast: Cast, theme: str) -> None:
    client = Client()
    client.force_login(cast.owner)
    cookies = {"sessionid": client.cookies["sessionid"].value, "theme": theme}
    page.context.add_cookies(
        [{"name": name, "value": v, "url": url} for name, v in cookies.items()]
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_each_page_is_accessible_fits_and_breaks_no_policy(
    server: RunningServer,  # noqa: F811
    chromium: Browser,  # noqa: F811
    scheme: str,
    width: int,
) -> None:
    cast = make_cast()
    entitle(cast.workspace.id)
    with open_page(chromium, scheme=scheme, width=width) as (page, complaints):
        sign_in(page, server.url, cast, scheme)
        for address in furnish_pages(cast):
            page.goto(f"{server.url}{address}")
            for summary in page.locator("summary").all():
                summary.click()
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, address
            found = Axe().run(page)
            assert found.violations_count == 0, f"{address}: {found.generate_report()}"
            assert complaints == [], address
