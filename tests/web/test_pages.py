from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

from apps.benchmarks.models import Result, Task
from apps.catalog.models import Model
from tests.web import cast

if TYPE_CHECKING:
    from uuid import UUID

    from django.test import Client
    from pytest_django import DjangoAssertNumQueries

pytestmark = pytest.mark.django_db
KB = 1000

PAGES = (
    "/",
    "/leaderboard/starter/",
    "/leaderboard/starter/{model}/",
    "/runs/",
    "/runs/{run}/",
    "/runs/{run}/samples/{result}/",
    "/models/",
    "/models/{model}/",
    "/suites/",
    "/suites/starter/",
    "/tasks/{task}/",
    "/search?q=pairs",
    "/about/",
    "/api/",
)


def fill(address: str, run_id: UUID) -> str:
    return address.format(
        run=run_id,
        model=Model.objects.get(name="weak").id,
        result=Result.objects.filter(run_id=run_id)[0].id,
        task=Task.objects.all()[0].id,
    )


@pytest.mark.parametrize("address", PAGES)
def test_a_page_keeps_its_budget_of_queries_and_size(
    client: Client,
    address: str,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    url = fill(address, cast.make_graded_run())
    client.force_login(cast.make_person("staff@example.org", is_staff=True))
    with django_assert_max_num_queries(10):
        response = client.get(url)
    assert response.status_code == 200
    assert len(response.content) <= 50 * KB


@pytest.mark.parametrize("address", [*PAGES, "/sign-in/"])
def test_a_page_holds_nothing_that_the_security_policy_would_block(
    client: Client, address: str
) -> None:
    html = client.get(fill(address, cast.make_graded_run())).content.decode()
    assert " style=" not in html
    assert not re.search(r"<[^>]*\son[a-z]+=", html)
    inline = re.findall(r"<script(?![^>]*src=)([^>]*)>", html)
    assert all('type="application/json"' in attributes for attributes in inline)


@pytest.mark.parametrize("address", PAGES)
def test_no_page_shows_a_reference_answer_or_a_check(
    client: Client, address: str
) -> None:
    html = client.get(fill(address, cast.make_graded_run())).content.decode()
    assert "reference_answer" not in html
    assert "424242" not in html


@pytest.mark.parametrize("address", [*PAGES, "/sign-in/"])
def test_a_page_has_one_main_heading_and_a_way_past_the_navigation(
    client: Client, address: str
) -> None:
    html = client.get(fill(address, cast.make_graded_run())).content.decode()
    assert html.count("<h1") == 1
    assert '<a class="skip" href="#main">' in html
    assert '<main id="main"' in html


def test_pages_of_a_fresh_installation_say_what_to_do(client: Client) -> None:
    for address, advice in (
        ("/", "load_suites"),
        ("/suites/", "load_suites"),
        ("/models/", "load_catalogue"),
        ("/runs/", "benchmarks run"),
    ):
        response = client.get(address)
        assert response.status_code == 200
        assert advice in response.content.decode()


def test_styles_and_scripts_keep_their_budget() -> None:
    style = find("css/assay.css").read_bytes()
    scripts = [find("js/assay.js"), find("django_htmx/htmx-2.min.js")]
    sent = sum(len(gzip.compress(path.read_bytes())) for path in scripts)
    assert len(style) <= 20 * KB
    assert sent <= 25 * KB


def find(name: str) -> Path:
    found = finders.find(name)
    assert isinstance(found, str)
    return Path(found)


def test_a_page_that_names_no_icon_is_led_to_ours(client: Client) -> None:
    place = client.get("/favicon.ico").headers["Location"]
    assert place.startswith("/static/img/mark.")


def test_pages_come_with_a_policy_that_forbids_inline_code(client: Client) -> None:
    policy = client.get("/").headers["Content-Security-Policy"]
    assert "unsafe-inline" not in policy
    assert "unsafe-eval" not in policy
    assert settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]["default-src"]


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_pages_that_read_take_no_other_method(client: Client, method: str) -> None:
    cast.make_suite()
    assert getattr(client, method)("/leaderboard/starter/").status_code == 405


def test_search_finds_models_suites_and_tasks(client: Client) -> None:
    cast.make_graded_run()
    assert "/models/" in client.get("/search?q=strong").content.decode()
    assert "/suites/starter/" in client.get("/search?q=start").content.decode()
    assert "pairs/3" in client.get("/search?q=pairs+3").content.decode()
    assert "Nothing found" in client.get("/search?q=zebra").content.decode()


@pytest.mark.parametrize("text", ["%", "_", "\x00", "'", "<script>", "é" * 500])
def test_search_takes_any_text(client: Client, text: str) -> None:
    cast.make_suite()
    response = client.get("/search", {"q": text})
    assert response.status_code == 200
    assert "<script>" not in response.content.decode().replace("<script src", "")
