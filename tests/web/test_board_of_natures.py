"""What the leaderboard of experiments opens on, and what it says where it is empty."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from apps.markets.domain.markets import Nature, VenueKind
from apps.predictions.services.scores import recompute_scores
from tests.markets.make import make_market, make_venue
from tests.predictions.make import make_experiment, make_prediction
from tests.predictions.scored import look
from tests.web.market_cast import make_simulated
from tests.web.test_prediction_pages import read

if TYPE_CHECKING:
    from django.test import Client

    from apps.markets.models import Market

pytestmark = pytest.mark.django_db


def make_recorded(name: str = "tape") -> Market:
    kind, nature = VenueKind.TAPE.value, Nature.RECORDED.value
    return make_market("rec", venue=make_venue(name, kind=kind, nature=nature))


def current(html: str) -> list[str]:
    """The choices that are marked as the present ones."""
    return [
        part.split(">")[1].split("<")[0]
        for part in html.split("<a ")
        if 'aria-current="true">' in part
    ]


def test_the_board_opens_on_what_there_is(client: Client) -> None:
    assert "Live markets" in current(read(client, "/predictions/"))
    made = make_simulated()
    html = read(client, "/predictions/")
    assert "Simulated" in current(html)
    assert made.experiment.name in html
    assert "nobody trades" in html
    assert 'href="/predictions.json?nature=simulated"' in html
    make_prediction(make_experiment("taped"), make_recorded())
    recompute_scores(now=datetime.now(UTC))
    assert "Recorded" in current(read(client, "/predictions/"))
    make_prediction(make_experiment("trading"), make_market())
    recompute_scores(now=datetime.now(UTC))
    assert "Live markets" in current(read(client, "/predictions/"))


def test_the_twins_open_on_the_same_and_an_address_decides(client: Client) -> None:
    make_simulated()
    assert json.loads(read(client, "/predictions.json"))["nature"] == "simulated"
    asked = json.loads(read(client, "/predictions.json?nature=live"))
    assert (asked["nature"], asked["rows"]) == ("live", [])


def test_backtests_open_on_their_own_nature(client: Client) -> None:
    make_prediction(make_experiment("trading"), make_market())
    make_prediction(make_experiment("replay", is_backtest=True), make_recorded())
    recompute_scores(now=datetime.now(UTC))
    html = read(client, "/predictions/?nature=live")
    assert 'href="?backtest=yes"' in html
    behind = read(client, "/predictions/?backtest=yes")
    assert {"Recorded", "Backtests"} <= set(current(behind))
    assert "replay" in behind


def test_an_empty_board_says_what_comes_by_itself(client: Client) -> None:
    assert "manage.py markets sync" in read(client, "/predictions/")
    market = make_market()
    assert "manage.py markets sync" not in read(client, "/predictions/")
    make_prediction(make_experiment(), market)
    assert "first look within minutes" in read(client, "/predictions/")


def test_predictions_without_a_look_are_counted_and_said_to_have_none(
    client: Client,
) -> None:
    prediction = make_prediction(make_experiment(), make_market())
    recompute_scores(now=datetime.now(UTC))
    html = read(client, "/predictions/")
    assert "none looked at yet" in html
    assert ">0 event" not in html
    link = f"/predictions/all/?experiment={prediction.experiment_id}&amp;nature=live"
    assert f'<a href="{link}">1</a>' in html


def test_what_is_not_ranked_stands_in_the_order_of_its_skill(client: Client) -> None:
    for name, said, price in (("a", "0.9", 0.5), ("b", "0.7", 0.8), ("c", "0.7", 0.6)):
        look(make_prediction(make_experiment(name), make_market(name), said), price)
    recompute_scores(now=datetime.now(UTC))
    for sort in ("skill", "confidence"):
        found = json.loads(read(client, f"/predictions.json?sort={sort}"))["rows"]
        assert [row["experiment"] for row in found] == ["b", "c", "a"], sort
