"""Where the bench of markets shows on pages that span the benches."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings

from tests.accounts.cast import make_cast
from tests.web.cast import make_person
from tests.web.market_cast import make_shown
from tests.web.test_live_monitor import HOUR, make_job, make_moved, this_hour
from tests.web.test_pages import KB, find

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django import DjangoAssertNumQueries

pytestmark = pytest.mark.django_db


def read(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_the_start_page_leads_to_the_bench_of_markets(client: Client) -> None:
    html = read(client, "/").split("<main")[1]
    for address in ("/predictions/", "/markets/", "/predictions/live/"):
        assert f'href="{address}"' in html


def test_the_method_page_has_what_pages_lead_to(client: Client) -> None:
    templates = Path(settings.BASE_DIR, "templates").rglob("*.html")
    texts = [one.read_text() for one in templates]
    wanted = {one for text in texts for one in re.findall(r"/about/#([\w-]+)", text)}
    html = read(client, "/about/")
    assert wanted >= {"markets", "skill", "convergence", "calibration"}
    assert wanted <= set(re.findall(r'id="([\w-]+)"', html))


def test_the_section_is_marked_where_one_is_in_it(client: Client) -> None:
    for address in ("/predictions/", "/markets/", "/predictions/live/"):
        html = read(client, address)
        link = html.split('<a href="/predictions/"')[1].split(">")[0]
        assert 'aria-current="true"' in link, address
    link = read(client, "/runs/").split('<a href="/predictions/"')[1].split(">")[0]
    assert "aria-current" not in link


def test_search_finds_experiments_and_markets_that_one_may_see(client: Client) -> None:
    people = make_cast()
    shown = make_shown(people.workspace)
    experiment = f"/predictions/experiments/{shown.experiment.pk}/"
    assert f"/markets/{shown.market.pk}/" in read(client, "/search?q=script")
    assert "Nothing found" in read(client, "/search?q=Knows+does")
    client.force_login(people.viewer)
    assert experiment in read(client, "/search?q=Knows+does")
    assert "live, open" in read(client, "/search?q=m1")


def test_the_status_page_shows_how_the_last_hours_went(client: Client) -> None:
    client.force_login(make_person("staff@example.org", is_staff=True))
    hour = this_hour()
    make_moved(hour - 3 * HOUR)
    make_job(hour - 2 * HOUR, status="failed", reason="no venue answered")
    html = read(client, "/status/").split("Predictions, hour by hour")[1]
    assert "40 looked at, 2 failed, 0 skipped (live, recorded and simulated" in html
    assert "not told apart): no venue answered" in html
    assert "no job: the hour stays a gap" in html
    (rounds,) = client.get("/status.json").json()["rounds"]
    assert rounds["rounds"][-1]["outcome"] in {"failed", "missing"}


def test_a_full_monitor_keeps_its_budget(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    hour = this_hour()
    make_moved(hour)
    for back in range(0, 24, 2):
        make_job(hour - back * HOUR)
    client.force_login(make_person("staff@example.org", is_staff=True))
    with django_assert_max_num_queries(10):
        response = client.get("/predictions/live/")
    assert len(response.content) <= 50 * KB


def test_both_style_sheets_together_keep_the_budget() -> None:
    sheets = [find(f"css/{name}.css").read_bytes() for name in ("assay", "markets")]
    assert sum(len(gzip.compress(sheet)) for sheet in sheets) <= 20 * KB
