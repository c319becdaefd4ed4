from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from celery import current_app
from django.test import TestCase
from redis import Redis

from apps.benchmarks.models import Run, Shard
from apps.benchmarks.services.leases import claim_shard, finish_shard
from apps.benchmarks.services.runs import cancel_run, create_run
from apps.benchmarks.services.sweep import MOST_TAKES, Swept, sweep
from config.settings.paths import redis_url
from tests.engine.cast import NOW, claim, make_model, make_run, make_suite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
LATER = NOW + 5 * MINUTE
NOWHERE = "http://127.0.0.1:9/v1"


@pytest.fixture(autouse=True)
def broker() -> Iterator[None]:
    """Send messages to the broker of the tests, whom no worker asks for them."""
    current_app.conf.task_always_eager = False
    yield
    _open_broker().delete("benchmarks")
    current_app.conf.task_always_eager = True


def _count_messages() -> int:
    return _open_broker().llen("benchmarks")


def _open_broker() -> Redis:
    """Kombu keeps a queue as a Redis list of its name."""
    return Redis.from_url(redis_url(4))


def _make_shard() -> UUID:
    run_id = make_run(make_suite(2), make_model(NOWHERE), now=NOW)
    return Shard.objects.get(run=run_id).id


def _sweep(now: object = LATER) -> Swept:
    with TestCase.captureOnCommitCallbacks(execute=True):
        return sweep(now=now)  # type: ignore[arg-type]


def test_shards_are_sent_when_their_run_is_committed() -> None:
    version, model = make_suite(1), make_model(NOWHERE)
    with TestCase.captureOnCommitCallbacks(execute=True):
        run_id = create_run(
            suite_version_id=version, model_ids=[model], trigger="page", now=NOW
        )
        assert _count_messages() == 0
    assert _count_messages() == 1
    assert Shard.objects.get(run=run_id).published_at == NOW


def test_what_was_committed_and_never_sent_is_sent() -> None:
    shard_id = _make_shard()
    assert _sweep() == Swept(taken_back=0, sent=1, ended=0)
    assert _count_messages() == 1
    assert Shard.objects.get(pk=shard_id).published_at == LATER
    assert _sweep() == Swept(0, 0, 0)


def test_a_message_that_nobody_acts_upon_is_sent_again() -> None:
    _make_shard()
    _sweep()
    assert _sweep(LATER + 9 * MINUTE).sent == 0
    assert _sweep(LATER + 11 * MINUTE).sent == 1


def test_an_expired_lease_is_taken_back_and_a_live_one_is_not() -> None:
    shard_id = _make_shard()
    claim_shard(shard_id=shard_id, now=NOW, duration=MINUTE)
    assert _sweep(NOW + MINUTE) == Swept(0, 0, 0)
    assert _sweep() == Swept(taken_back=1, sent=1, ended=0)
    shard = Shard.objects.get(pk=shard_id)
    assert (shard.status, shard.lease_token) == ("pending", None)


def test_a_shard_that_kills_its_workers_is_given_up() -> None:
    shard_id = _make_shard()
    for take in range(MOST_TAKES):
        now = NOW + take * 2 * MINUTE
        assert claim_shard(shard_id=shard_id, now=now, duration=MINUTE)
    _sweep(now + 2 * MINUTE)
    run = Run.objects.get(shards=shard_id)
    assert run.status == "failed"
    assert run.status_reason == "Its worker died 5 times without a result."


def test_a_dead_worker_of_a_cancelled_run_leaves_a_cancelled_shard() -> None:
    shard_id = _make_shard()
    claim_shard(shard_id=shard_id, now=NOW, duration=MINUTE)
    cancel_run(run_id=Shard.objects.get(pk=shard_id).run_id, now=NOW)
    _sweep()
    assert Shard.objects.get(pk=shard_id).status == "cancelled"


def test_a_run_whose_end_was_missed_is_ended() -> None:
    run_id = make_run(make_suite(1), make_model(NOWHERE))
    finish_shard(lease=claim(run_id), status="done", now=NOW)
    Run.objects.filter(pk=run_id).update(status="running", finished_at=None)
    assert _sweep() == Swept(taken_back=0, sent=0, ended=1)
    assert Run.objects.get(pk=run_id).status == "completed"
