"""The queues that runs go to, as the broker of the tests holds them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from celery import current_app
from django.core.exceptions import ImproperlyConfigured
from django.test import TestCase
from redis import Redis

from apps.benchmarks.models import Run, Shard
from apps.benchmarks.services.publishing import publish_shards
from config import env
from config.env import read_pairs
from config.settings.paths import redis_url
from tests.engine.cast import clock, make_run
from tests.on_demand.cast import entitle, furnish, start

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django.fixtures import Settings

    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def broker() -> Iterator[Redis]:
    """Send messages to the broker of the tests, whom no worker asks for them."""
    with Redis.from_url(redis_url(4)) as client:
        client.flushdb()
        current_app.conf.task_always_eager = False
        yield client
        current_app.conf.task_always_eager = True
        client.flushdb()


def waiting(broker: Redis) -> dict[str, int]:
    """How many jobs wait in each queue; they are taken out."""
    names = ("bridges", "benchmarks", "default")
    found = {name: broker.llen(name) for name in names}
    broker.flushdb()
    return {name: int(str(count)) for name, count in found.items() if count}


def send(team: Cast) -> None:
    with TestCase.captureOnCommitCallbacks(execute=True):
        start(team)


def test_a_dedicated_queue_needs_the_entitlement_and_the_operator(
    team: Cast, settings: Settings, broker: Redis
) -> None:
    furnish(team)
    mine, others = str(team.workspace.id), str(team.stranger.id)
    for queues, granted, expected in (
        ({}, ["dedicated_queue"], "benchmarks"),
        ({mine: "bridges"}, [], "benchmarks"),
        ({others: "bridges"}, ["dedicated_queue"], "benchmarks"),
        ({mine: "bridges"}, ["dedicated_queue"], "bridges"),
    ):
        settings.DEDICATED_QUEUES = queues
        entitle(team.workspace.id, *granted)
        send(team)
        assert waiting(broker) == {expected: 1}


def test_an_operators_run_stays_in_the_common_queue(
    team: Cast, settings: Settings, broker: Redis
) -> None:
    model = furnish(team)
    settings.DEDICATED_QUEUES = {str(team.workspace.id): "bridges"}
    entitle(team.workspace.id, "dedicated_queue")
    send(team)
    assert waiting(broker) == {"bridges": 1}
    version_id = Run.objects.get().suite_version_id
    theirs = make_run(version_id, model.id, workspace_id=team.workspace.id)
    shards = Shard.objects.filter(run_id=theirs).values_list("id", flat=True)
    with TestCase.captureOnCommitCallbacks(execute=True):
        publish_shards(shards, now=clock() + timedelta(minutes=1))
    assert waiting(broker) == {"benchmarks": 1}


@pytest.fixture
def declarations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave no variable of these tests among those that the reference lists."""
    monkeypatch.setattr(env, "_declared", dict(env._declared))


@pytest.mark.usefixtures("declarations")
@pytest.mark.parametrize("text", ["a", "a=", "=b", "a=b,a=c"])
def test_a_pair_of_the_wrong_form_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("ASSAY_DEDICATED_QUEUES", text)
    with pytest.raises(ImproperlyConfigured, match="ASSAY_DEDICATED_QUEUES"):
        read_pairs("ASSAY_DEDICATED_QUEUES", about="Queues")


@pytest.mark.usefixtures("declarations")
def test_pairs_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_DEDICATED_QUEUES", " a=b , c = d,")
    assert read_pairs("ASSAY_DEDICATED_QUEUES", about="x") == {"a": "b", "c": "d"}
