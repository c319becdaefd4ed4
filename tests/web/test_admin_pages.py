from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client

from apps.accounts.domain.audit import SYSTEM, Act
from apps.accounts.models import AuditEvent, User, Workspace
from apps.accounts.services.audit import record
from apps.accounts.services.tiers import load_tiers
from tests.web import cast
from tests.web.test_browser import chromium, open_page, pytestmark
from tests.web.test_impersonated_streams import look_as

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.web.server import RunningServer

__all__ = ["chromium", "pytestmark"]


def give_cookie(page: Page, server: RunningServer, cookie: str) -> None:
    name, _, value = cookie.partition("=")
    page.context.add_cookies([{"name": name, "value": value, "url": server.url}])


def addresses(person: User) -> list[str]:
    workspace = Workspace.objects.get(personal_of=person)
    return [
        "",
        "user/",
        f"user/{person.pk}/change/",
        f"user/{person.pk}/see-as/",
        "workspace/",
        f"workspace/{workspace.pk}/change/",
        "tier/",
        "tieroverride/add/",
        "auditevent/",
        f"auditevent/{AuditEvent.objects.all()[0].pk}/change/",
        "subscription/",
        "stripeevent/",
    ]


def test_the_admin_works_under_the_policy(
    server: RunningServer, chromium: Browser
) -> None:
    load_tiers()
    person = cast.make_person("ada@example.org")
    record(act=Act.TIER_CHANGED, actor=SYSTEM, now=cast.clock(), subject="Free")
    client = Client()
    client.force_login(User.objects.create_superuser("op@example.org"))
    cookie = f"sessionid={client.cookies['sessionid'].value}"
    with open_page(chromium) as (page, complaints):
        give_cookie(page, server, cookie)
        for address in addresses(person):
            answer = page.goto(f"{server.url}/admin/accounts/{address}")
            assert answer is not None
            assert answer.status == 200, address
        assert complaints == []
        page.goto(f"{server.url}/admin/accounts/workspace/")
        page.get_by_role("link", name="ada", exact=True).click()
        page.get_by_text("Add another Membership").click()
        assert page.locator("#id_membership_set-1-role").is_visible()
        assert complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_the_banner_of_a_look_fits_and_its_button_ends_it(
    server: RunningServer, chromium: Browser, scheme: str, width: int
) -> None:
    person = cast.make_person("a.person.with.a.rather.long.address@example.org")
    operator = User.objects.create_superuser("op@example.org")
    with open_page(chromium, scheme=scheme, width=width) as (page, complaints):
        give_cookie(page, server, look_as(person, operator))
        page.goto(f"{server.url}/workspaces/")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.get_by_role("button", name="Sign out").count() == 0
        page.get_by_role("button", name="Stop").click()
        assert page.url == f"{server.url}/admin/accounts/user/{person.pk}/change/"
        assert complaints == []
