"""Figures lead to the predictions that they count."""

from __future__ import annotations

import html as markup
import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.accounts.cast import make_cast
from tests.markets.make import make_market
from tests.predictions.hours import make_snapshot
from tests.predictions.make import make_experiment, make_prediction
from tests.web.market_cast import make_shown
from tests.web.test_live_monitor import make_job, make_moved, this_hour
from tests.web.test_prediction_pages import read

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db
ROWS = re.compile(r'<a href="(/predictions/all/\?[^"]*)">([\d,]+)')


def counted(client: Client, address: str) -> int:
    """How many predictions a list has, by its own words and by its twin."""
    lead = re.search(r"([\d,]+) predictions?, newest first", read(client, address))
    assert lead is not None
    twin = json.loads(read(client, address.replace("/all/?", "/all.json?")))
    assert len(twin["items"]) == int(lead.group(1))
    return int(lead.group(1))


def links_of(html: str) -> list[tuple[str, int]]:
    return [
        (markup.unescape(address), int(number.replace(",", "")))
        for address, number in ROWS.findall(html)
    ]


def test_what_a_report_counts_is_what_its_links_list(client: Client) -> None:
    shown = make_shown()
    html = read(client, f"/predictions/experiments/{shown.experiment.pk}/")
    found = links_of(html)
    for part in ("probability=0.9..1", "probability=0.2..0.3", "confidence=50..75"):
        ((address, number),) = [one for one in found if part in one[0]]
        assert counted(client, address) == number, part
    for part in ("ending=settled", "ending=void", "ending=open", "price_shown=yes"):
        numbers = {number for address, number in found if address.endswith(part)}
        address = next(one for one, _ in found if one.endswith(part))
        assert counted(client, address) in numbers, part
    for address, number in found:
        if "direction=" in address or "moved=" in address:
            assert counted(client, address) == number, address


def test_a_comparison_leads_to_the_predictions_of_both(client: Client) -> None:
    shown = make_shown()
    html = read(
        client,
        f"/predictions/experiments/{shown.experiment.pk}/?with={shown.other.pk}",
    )
    found = re.findall(r'href="(/predictions/all/\?[^"]*both=[^"]*)"', html)
    addresses = [markup.unescape(one) for one in found]
    assert len(addresses) == 4
    assert [counted(client, one) for one in addresses] == [12, 12, 12, 12]


def test_an_hour_leads_to_what_was_looked_at_in_it(client: Client) -> None:
    hour = this_hour()
    make_moved(hour)
    make_job(hour)
    found = links_of(read(client, "/predictions/live/"))
    looked = [one for one in found if one[0].endswith(f"hour={hour:%Y-%m-%dT%H}")]
    assert looked
    assert {counted(client, address) for address, _ in looked} == {1}


def test_markets_of_an_experiment_that_one_may_not_see_narrow_nothing_down(
    client: Client,
) -> None:
    hidden = make_experiment("own", workspace=make_cast().workspace)
    market = make_market()
    make_prediction(hidden, market)
    make_prediction(make_experiment("open"), market)
    assert counted(client, f"/predictions/all/?both={hidden.pk}") == 0
    assert counted(client, "/predictions/all/?q=rain") == counted(
        client, "/predictions/all/?"
    )


def test_what_narrows_a_list_is_said_and_can_be_dropped(client: Client) -> None:
    make_shown()
    html = read(client, "/predictions/all/?nature=live&ending=settled&moved=-0.2..-0.1")
    assert "price moved −20 to −10 points towards it" in html
    assert 'href="?nature=live&amp;ending=settled">drop' in html
    assert "0 predictions, newest first" in html


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("probability=2", "probability is written as LOW..HIGH"),
        ("moved=0.1..0.1", "moved is written as LOW..HIGH"),
        ("confidence=nan..1", "confidence is written as LOW..HIGH"),
        ("hour=yesterday", "hour is written as 2026-01-31T14"),
        ("direction=UP", "is unknown"),
        ("ending=soon", "settled, void, open"),
        ("venue=nowhere", "is unknown"),
    ],
)
def test_a_filter_that_is_none_is_refused(
    client: Client, asked: str, said: str
) -> None:
    response = client.get(f"/predictions/all/?{asked}")
    assert response.status_code == 422
    assert said in response.content.decode()


def test_looks_of_another_hour_are_left_out(client: Client) -> None:
    hour = this_hour()
    prediction = make_prediction(make_experiment(), make_market(), created_at=hour)
    make_snapshot(prediction, hour, 0.6, movement_direction="CONVERGING")
    asked = f"/predictions/all/?hour={hour:%Y-%m-%dT%H}"
    assert counted(client, asked) == 1
    assert counted(client, f"{asked}&direction=CONVERGING") == 1
    assert counted(client, f"{asked}&direction=DIVERGING") == 0
    assert counted(client, "/predictions/all/?hour=2026-01-31T14") == 0
