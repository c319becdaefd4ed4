from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.web import cast

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db


def test_links_to_twins_keep_what_the_page_was_asked_for(client: Client) -> None:
    run_id = cast.make_graded_run()
    page = client.get(f"/runs/{run_id}/?verdict=fail").content.decode()
    assert f'"/runs/{run_id}.csv?verdict=fail&amp;model="' in page
    twin = client.get(f"/runs/{run_id}.json?verdict=fail&model=").json()
    assert {one["verdict"] for one in twin["results"]["items"]} == {"fail"}
    runs = client.get("/runs/?status=failed").content.decode()
    assert '"/runs.csv?suite=&amp;status=failed&amp;model="' in runs
    assert client.get("/runs.json?suite=&status=failed&model=").json()["items"] == []
