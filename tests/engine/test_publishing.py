"""What becomes of shards whose broker is down or frozen."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from kombu.exceptions import OperationalError
from redis import Redis

from apps.benchmarks.models import Shard
from apps.benchmarks.services.sweep import sweep
from apps.core.jobs import enqueue
from config.settings.paths import celery_url, redis_url
from tests.engine.cast import NOW, make_model, make_run, make_suite
from tests.fakes.broker import DOWN, frozen_broker, sending_to

if TYPE_CHECKING:
    from uuid import UUID

pytestmark = pytest.mark.django_db(transaction=True)
NOWHERE = "http://127.0.0.1:9/v1"
BRPOP_SECONDS = 1.0  # how long a worker's read blocks, as Kombu has it


def _run_of_two_models() -> UUID:
    models = [make_model(NOWHERE, name) for name in "ab"]
    return make_run(make_suite(1), *models, now=NOW)


def test_a_frozen_broker_holds_a_caller_up_for_no_longer_than_two_timeouts() -> None:
    began = time.monotonic()
    with (
        frozen_broker() as url,
        sending_to(url),
        pytest.raises(OperationalError, match="Timeout reading"),
    ):
        enqueue("core.pulse")
    # Far above the half second that it takes alone, far below waiting for ever.
    assert time.monotonic() - began < 30


def test_a_read_that_waits_for_jobs_is_not_taken_for_a_frozen_broker() -> None:
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    assert options["socket_timeout"] >= 3 * BRPOP_SECONDS


def test_shards_that_a_frozen_broker_did_not_take_are_left_for_the_sweep() -> None:
    with frozen_broker() as url, sending_to(url):
        run_id = _run_of_two_models()
    left = Shard.objects.filter(run=run_id, published_at=None, status="pending")
    assert left.count() == 2


def test_the_sweep_sends_what_a_broker_that_was_down_did_not_take() -> None:
    with sending_to(DOWN):
        run_id = _run_of_two_models()
        assert sweep(now=NOW).sent == 2
        assert Shard.objects.filter(run=run_id, published_at=None).count() == 2
    with sending_to(celery_url(4), haste=1):
        assert sweep(now=NOW).sent == 2
    Redis.from_url(redis_url(4)).delete("benchmarks")
    assert not Shard.objects.filter(run=run_id, published_at=None).exists()
