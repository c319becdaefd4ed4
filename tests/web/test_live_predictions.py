"""Sockets of the bench of markets: who is told what, and what it costs."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.test import Client
from websockets.exceptions import ConnectionClosed

from apps.accounts.consumers.live import HintedSocket, spread_of
from apps.core.hub import Frame, Hub
from apps.core.live import publish
from apps.predictions.models import Summary
from apps.predictions.pipelines.hourly import look_apart, run_hour
from apps.predictions.selectors.tracks import Scope
from apps.predictions.services.experiments import publish_experiment
from apps.predictions.services.scores import recompute_scores
from apps.predictions.services.steering import pause_prediction, resume_prediction
from tests.accounts.cast import make_cast
from tests.markets.make import NOW, make_market
from tests.predictions.make import make_experiment, make_prediction
from tests.predictions.prices import Prices
from tests.predictions.test_recording import entry, record
from tests.web.test_streams import NOBODY, PATIENCE, hear, watch
from tests.web.test_streams_that_close import cookie_of

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from websockets.sync.client import ClientConnection

    from apps.predictions.models import Prediction
    from tests.web.server import RunningServer

BOARD = "/ws/predictions/board/"


def clock() -> datetime:
    return datetime.now(UTC)


def make(**fields: Any) -> Prediction:
    market = make_market(quoted_at=clock())
    return make_prediction(make_experiment(**fields), market, created_at=clock())


def socket_of(made: Prediction) -> str:
    return f"/ws/predictions/{made.pk}/"


def experiment_socket_of(made: Prediction) -> str:
    return f"/ws/predictions/experiments/{made.experiment_id}/"


def hear_news(connection: ClientConnection) -> dict[str, Any]:
    """Wait for the next frame that is no sign of life."""
    while True:
        frame = hear(connection)
        if "ping" not in frame:
            return frame


def version_of(address: str) -> str:
    html = Client().get(address, headers={"HX-Target": "none"}).content.decode()
    found = re.search(r'data-version="([^"]*)"', html)
    assert found is not None
    return found[1]


def test_the_board_is_told_of_scores_once_they_are_committed(
    server: RunningServer,
) -> None:
    make()
    with watch(server, BOARD) as connection:
        first = hear(connection)["data"]["revision"]
        assert first == version_of("/predictions/")
        with transaction.atomic():
            recompute_scores(now=clock())
            transaction.set_rollback(True)
        recompute_scores(now=clock())
        told = hear(connection)["data"]["revision"]
        assert told == version_of("/predictions/") != first
        assert told.startswith("1:0:")


def test_the_board_is_told_of_an_experiment_that_is_published(
    server: RunningServer,
) -> None:
    made = make()
    recompute_scores(now=clock())
    with watch(server, BOARD) as connection:
        hear(connection)
        publish_experiment(experiment_id=made.experiment_id, now=clock())
        assert hear(connection)["data"]["revision"].startswith("1:1:")


def test_scores_that_nothing_changed_are_not_told_of(server: RunningServer) -> None:
    with watch(server, BOARD) as connection:
        hear(connection)
        assert recompute_scores(now=clock()) == 0
        with pytest.raises(TimeoutError):
            connection.recv(1.0)


def test_a_prediction_is_told_of_when_it_is_paused_and_resumed(
    server: RunningServer,
) -> None:
    made = make()
    with watch(server, socket_of(made)) as connection:
        first = hear(connection)
        assert first["first"]
        assert first["data"]["revision"] == version_of(f"/predictions/{made.pk}/")
        pause_prediction(prediction_id=made.pk, now=clock())
        assert hear_news(connection)["data"]["summary"] == "Paused."
        resume_prediction(prediction_id=made.pk, now=clock())
        told = hear_news(connection)["data"]
        assert told["revision"] == version_of(f"/predictions/{made.pk}/")
        assert told["summary"] == "Active."


@pytest.mark.parametrize("by", ["job", "prediction", "experiment"])
def test_a_prediction_is_told_of_when_it_was_looked_at(
    server: RunningServer, by: str
) -> None:
    made, prices = make(), Prices()
    prices.tell(made.market, "0.63")
    scopes = {
        "prediction": Scope(prediction_id=made.pk),
        "experiment": Scope(experiment_id=made.experiment_id),
    }
    with watch(server, socket_of(made)) as connection:
        hear(connection)
        if by == "job":
            run_hour(clock=clock, refresh=prices)
        else:
            look_apart(scopes[by], clock=clock, refresh=prices)
        told = hear_news(connection)["data"]
    assert told["summary"].startswith("Active. The market stood at 63.0% at ")


def test_what_did_not_move_is_not_told_again(server: RunningServer) -> None:
    made = make()
    Summary.objects.update(benchmark_status="COMPLETED")
    with watch(server, socket_of(made)) as connection:
        assert hear(connection)["data"]["summary"] == "The market has ended."
        run_hour(clock=clock, refresh=Prices())
        assert hear(connection) == {"ping": True}


def test_an_experiment_is_told_of_when_predictions_are_added(
    server: RunningServer,
) -> None:
    made = make()
    with watch(server, experiment_socket_of(made)) as connection:
        page = f"/predictions/experiments/{made.experiment_id}/"
        assert hear(connection)["data"]["revision"] == version_of(page) == "1:"
        record(made.experiment_id, entry(made.market), later=clock() - NOW)
        assert hear_news(connection)["data"]["revision"] == version_of(page) == "2:"
        recompute_scores(now=clock())
        assert hear_news(connection)["data"]["revision"] == version_of(page) != "2:"


@pytest.mark.parametrize("address", [socket_of, experiment_socket_of])
def test_what_is_private_is_for_members_alone_and_while_they_are(
    server: RunningServer, address: Any
) -> None:
    people = make_cast()
    made = make(workspace=people.workspace)
    path, codes = address(made), []
    for person in (None, people.stranger, people.viewer):
        client = Client()
        if person is not None:
            client.force_login(person)
        cookie = cookie_of(client) if person else ""
        with watch(server, path, cookie=cookie) as connection:
            try:
                assert hear(connection)["first"]
                people.workspace.membership_set.filter(user=people.viewer).delete()
                publish(f"prediction:{made.pk}", {})
                publish(f"experiment:{made.experiment_id}", {})
                hear(connection)
            except ConnectionClosed:
                codes.append((person is people.viewer, connection.close_code))
    assert codes == [(False, 4404), (False, 4404), (True, 4404)]


def test_a_session_that_is_over_hears_no_more(server: RunningServer) -> None:
    people, client = make_cast(), Client()
    made = make(workspace=people.workspace)
    client.force_login(people.viewer)
    with watch(server, socket_of(made), cookie=cookie_of(client)) as connection:
        hear(connection)
        client.logout()
        pause_prediction(prediction_id=made.pk, now=clock())
        with pytest.raises(ConnectionClosed):
            hear(connection)
        assert connection.close_code == 4403


@pytest.mark.parametrize("kind", ["", "experiments/"])
def test_a_socket_for_nothing_is_closed_with_its_reason(
    server: RunningServer, kind: str
) -> None:
    with watch(server, f"/ws/predictions/{kind}{NOBODY}/") as connection:
        with pytest.raises(ConnectionClosed):
            connection.recv(PATIENCE)
        assert connection.close_code == 4404


class Counting(HintedSocket):
    """Counts how often it reads what nothing ever changes."""

    reads = 0

    async def read_first(self, viewer: object, scope: object) -> Frame:
        del viewer, scope
        self.reads += 1
        return Frame("counted", "{}")


@pytest.mark.django_db(transaction=True)
def test_hints_that_come_fast_cost_one_reading_in_two_seconds() -> None:
    told: list[str] = []
    opened = asyncio.Event()

    async def receive() -> dict[str, str]:
        if opened.is_set():
            await asyncio.Event().wait()
        opened.set()
        return {"type": "websocket.connect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        told.append(message.get("text", message["type"]))

    async def hint() -> int:
        served = Counting(Hub(settings.REDIS_URL))
        serving = asyncio.create_task(served({"user": AnonymousUser()}, receive, send))
        for _ in range(100):
            await asyncio.to_thread(publish, "counted", {})
            await asyncio.sleep(0.01)
        serving.cancel()
        return served.reads

    assert asyncio.run(hint()) in {3, 4}  # the topic, the first frame, hints
    first = {"topic": "counted", "first": True, "data": {}}
    assert [json.loads(text) for text in told[1:3]] == [first, {"ping": True}]


def test_the_more_watch_the_longer_they_take_to_come() -> None:
    assert [spread_of(n) for n in (1, 101, 50_000)] == [0, 5_000, 300_000]
