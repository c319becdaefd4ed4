from __future__ import annotations

import csv
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from apps.core.partitions import ensure_months, month_of
from apps.markets.domain.markets import Nature
from apps.predictions.models import Snapshot
from apps.predictions.services.scores import recompute_scores
from tests.markets.make import make_market, make_venue
from tests.predictions.make import make_experiment, make_prediction

if TYPE_CHECKING:
    from datetime import datetime

    from django.test import Client

    from apps.predictions.models import Prediction
    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db
API = "/api/v1"
PRIVATE = (
    "/predictions/{prediction}",
    "/benchmarks/predictions/{prediction}",
    "/benchmarks/predictions/{prediction}/snapshots",
    "/benchmarks/predictions/{prediction}/snapshots.csv",
    "/experiments/{experiment}",
    "/experiments/{experiment}/report",
)


def read(client: Client, address: str) -> dict[str, Any]:
    answer = client.get(f"{API}{address}")
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


def snap(prediction: Prediction, hour: datetime, price: float, flags: int = 0) -> None:
    ensure_months("predictions_snapshot", [month_of(hour.date())])
    share, start = float(prediction.probability), float(prediction.market_price)
    Snapshot.objects.create(
        prediction=prediction,
        hour=hour,
        market=prediction.market,
        snapshot_at=hour,
        observed_at=hour,
        market_price_yes=price,
        market_price_no=1 - price,
        source="gamma",
        flags=flags,
        predicted_probability=share,
        abs_delta=abs(share - price),
        movement_direction="CONVERGING",
        cumulative_convergence=abs(share - start) - abs(share - price),
        interim_skill=(start - price) ** 2 - (share - price) ** 2,
        hours_since_prediction=1.0,
    )


def test_a_prediction_is_read_with_its_hashes_and_its_summary(client: Client) -> None:
    made = make_prediction(make_experiment(), make_market(), reasoning="Clouds")
    body = read(client, f"/predictions/{made.pk}")
    assert (body["probability"], body["market_price"]) == (0.75, 0.6)
    assert (body["reasoning"], body["content_hash"]) == ("Clouds", made.content_hash)
    assert body["summary"]["initial_delta"] == pytest.approx(0.15)
    benchmark = read(client, f"/benchmarks/predictions/{made.pk}")
    assert benchmark["benchmark_status"] == "ACTIVE"
    assert benchmark["initial_market_price"] == 0.6


def test_the_newest_hours_come_first_as_far_as_the_tier_shows(client: Client) -> None:
    made = make_prediction(make_experiment(), make_market())
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    for hours, price, flags in ((1, 0.66, 0), (2, 0.63, 2), (30 * 24, 0.61, 0)):
        snap(made, now - timedelta(hours=hours), price, flags)
    address = f"/benchmarks/predictions/{made.pk}/snapshots"
    found = read(client, f"{address}?limit=168")["items"]
    assert [row["market_price_yes"] for row in found] == [0.66, 0.63]
    assert [row["flags"] for row in found] == [[], ["wide"]]
    assert read(client, f"{address}?limit=1")["items"] == found[:1]
    older = f"{address}?before={found[0]['hour']}"
    assert read(client, older)["items"] == found[1:]
    page = read(client, f"{address}?limit=1")
    rest = f"{address}?limit=1&cursor={page['next_cursor']}"
    assert read(client, rest) == {"items": found[1:], "next_cursor": None}
    twin = client.get(f"{API}{address}.csv?limit=1")
    assert page["next_cursor"].replace(":", "%3A") in twin.headers["Link"]
    lines = client.get(f"{API}{address}.csv").content.decode().splitlines()
    assert (len(lines), lines[0].split(",")[:2]) == (3, ["hour", "snapshot_at"])


def test_numbers_say_of_which_nature_their_market_is(client: Client) -> None:
    venue = make_venue("sim", nature=Nature.SIMULATED.value)
    made = make_prediction(make_experiment(), make_market(venue=venue))
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    snap(made, now - timedelta(hours=1), 0.66)
    recompute_scores(now=now)
    address = f"/benchmarks/predictions/{made.pk}"
    board = "/predictions/leaderboard"
    assert read(client, address)["nature"] == "simulated"
    assert read(client, f"{address}/snapshots")["items"][0]["nature"] == "simulated"
    assert read(client, f"{board}?nature=simulated")["rows"][0]["nature"] == "simulated"
    for table in (
        f"{API}{address}/snapshots.csv",
        f"{API}{board}.csv?nature=simulated",
        f"/predictions/{made.pk}.csv",
        "/predictions.csv?nature=simulated",
    ):
        (row,) = csv.DictReader(client.get(table).content.decode().splitlines())
        assert row["nature"] == "simulated"


def test_a_list_is_narrowed_by_experiment_market_and_status(client: Client) -> None:
    market, other = make_market(), make_market("snow")
    mine = make_experiment()
    make_prediction(mine, market)
    wanted = make_prediction(mine, other)
    make_prediction(make_experiment("other"), other)
    query = f"experiment={mine.pk}&market={other.pk}&status=ACTIVE"
    (row,) = read(client, f"/predictions?{query}")["items"]
    assert row["id"] == str(wanted.pk)
    assert read(client, f"/predictions?{query}&status=PAUSED")["items"] == []
    assert str(wanted.pk) in client.get(f"{API}/predictions.csv").content.decode()


def test_the_board_ranks_what_the_viewer_may_see_of_one_nature(
    client: Client, cast: Cast
) -> None:
    make_prediction(make_experiment("open"), make_market())
    own = make_experiment("own", workspace=cast.workspace)
    make_prediction(own, make_market("snow"))
    recompute_scores(now=timezone.now())
    board = read(client, "/predictions/leaderboard?sort=recent")
    assert [row["experiment"] for row in board["rows"]] == ["open"]
    assert read(client, "/predictions/leaderboard?nature=simulated")["rows"] == []
    client.force_login(cast.viewer)
    board = read(client, "/predictions/leaderboard")
    assert {row["experiment"] for row in board["rows"]} == {"open", "own"}
    assert "own" in client.get(f"{API}/predictions/leaderboard.csv").content.decode()


def test_a_report_has_no_figure_without_its_n_or_a_reason(client: Client) -> None:
    made = make_prediction(make_experiment(), make_market())
    body = read(client, f"/experiments/{made.experiment_id}/report")
    assert body["report"]["counts"]["predictions"] == 1
    brier = body["report"]["settled"]["brier"]
    assert (brier["value"], brier["n"]) == (None, 0)
    assert brier["reason"] == "nothing is settled yet"
    assert body["nature"] == "live"


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_a_workspace_s_own_is_not_there_for_a_stranger(
    client: Client, cast: Cast, address: str
) -> None:
    own = make_experiment("own", workspace=cast.workspace)
    made = make_prediction(own, make_market())
    place = API + address.format(prediction=made.pk, experiment=own.pk)
    for person, status in ((cast.stranger, 404), (cast.viewer, 200)):
        client.force_login(person)
        assert client.get(place).status_code == status
    client.logout()
    assert client.get(place).status_code == 404


def test_more_than_a_week_of_hours_is_a_bulk_export(client: Client) -> None:
    made = make_prediction(make_experiment(), make_market())
    address = f"{API}/benchmarks/predictions/{made.pk}/snapshots?limit=169"
    assert client.get(address).json()["code"] == "entitlement_missing"
