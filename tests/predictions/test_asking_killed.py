"""Askings whose workers die, fall silent or leave: nothing is lost or asked twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection

from apps.core.errors import ConflictError
from apps.predictions.domain.words import AskStatus, ItemStatus
from apps.predictions.models import AskItem, AskRun, Attempt, Prediction
from apps.predictions.pipelines import asking
from apps.predictions.selectors.audit import audit_chains
from apps.predictions.services.answers import settle_item
from apps.predictions.services.ask_leases import (
    MOST_TAKES,
    AskLostError,
    claim_ask,
    end_ask,
    resume_ask,
    sweep_asks,
)
from tests.fakes.llm_server import FakeLLM
from tests.predictions.asking import begin, clock, model_at, open_market, says, work

if TYPE_CHECKING:
    from uuid import UUID

MARKETS = 30
SAMPLES = 2
LEASE = timedelta(seconds=60)


def _start_worker(run_id: UUID) -> subprocess.Popen[bytes]:
    """Start a worker process on the database of this test."""
    place = os.environ["DATABASE_URL"].partition("?")[2]
    address = f"postgresql:///{connection.settings_dict['NAME']}?{place}"
    return subprocess.Popen(
        [sys.executable, "-m", "tests.predictions.ask_work", str(run_id)],
        env={**os.environ, "DATABASE_URL": address},
    )


def _await_attempts(count: int) -> None:
    until = time.monotonic() + 60
    while Attempt.objects.count() < count:
        assert time.monotonic() < until, "the worker stores nothing"
        time.sleep(0.01)


def _await_expiry(run_id: UUID) -> None:
    """Let the dead worker's lease run out."""
    expiry = AskRun.objects.get(pk=run_id).lease_expires_at
    assert expiry is not None
    time.sleep(max(0.0, (expiry - clock()).total_seconds()) + 0.01)


@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_loses_no_answer_and_no_sample_is_asked_for_twice() -> None:
    with FakeLLM(reply=says(0.5), delay=0.1) as server:
        markets = [open_market(f"m{n}") for n in range(MARKETS)]
        started = begin([model_at(server)], markets, samples=SAMPLES)
        worker = _start_worker(started.run_id)
        _await_attempts(8)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        kept = Attempt.objects.count()
        assert 8 <= kept < MARKETS * SAMPLES
        assert work(started) is None  # the dead one's lease
        _await_expiry(started.run_id)
        asked = len(server.requests)
        assert work(started) is AskStatus.COMPLETED
        assert len(server.requests) - asked == MARKETS * SAMPLES - kept
    assert Attempt.objects.count() == MARKETS * SAMPLES
    assert Prediction.objects.count() == MARKETS
    assert all(len(one.provenance["samples"]) == 2 for one in Prediction.objects.all())
    assert all(one.broken is None for one in audit_chains())


@pytest.mark.django_db
def test_an_expired_asking_is_taken_back_and_sent_again() -> None:
    run_id = _queued()
    lease = claim_ask(run_id=run_id, now=clock(), duration=LEASE)
    assert lease is not None
    assert sweep_asks(now=clock()) == 0
    later = clock() + 2 * LEASE
    assert sweep_asks(now=later) == 1
    assert AskRun.objects.get().status == "queued"
    with pytest.raises(AskLostError):
        end_ask(lease=lease, status=AskStatus.COMPLETED, reason="", now=later)


@pytest.mark.django_db
def test_an_asking_that_kills_its_workers_is_given_up() -> None:
    run_id, now = _queued(), clock()
    for _ in range(MOST_TAKES):
        assert claim_ask(run_id=run_id, now=now, duration=LEASE) is not None
        now += 2 * LEASE
    assert sweep_asks(now=now) == 0
    run = AskRun.objects.get()
    assert (run.status, run.reason) == (
        "failed",
        f"Its worker died {MOST_TAKES} times without an answer.",
    )


@pytest.mark.django_db
def test_one_worker_at_a_time_holds_an_asking() -> None:
    run_id = _queued()
    assert claim_ask(run_id=run_id, now=clock(), duration=LEASE) is not None
    assert claim_ask(run_id=run_id, now=clock(), duration=LEASE) is None
    with pytest.raises(ConflictError, match="goes on already"):
        resume_ask(run_id=run_id, now=clock(), publish=False)


@pytest.mark.django_db
def test_what_is_settled_is_not_settled_again() -> None:
    run_id = _queued()
    lease = claim_ask(run_id=run_id, now=clock(), duration=LEASE)
    assert lease is not None
    item = AskItem.objects.get()
    for status, expected in (
        (ItemStatus.UNANSWERED, ItemStatus.UNANSWERED),
        (ItemStatus.FAILED, ItemStatus.UNANSWERED),
    ):
        settled = settle_item(
            lease=lease,
            item_id=item.pk,
            entry=None,
            status=status,
            reason="so",
            now=clock(),
        )
        assert settled is expected


@pytest.mark.django_db
def test_a_worker_that_leaves_gives_the_asking_back() -> None:
    with FakeLLM(reply=says(0.5), delay=0.2) as server:
        started = begin([model_at(server)], [open_market(f"m{n}") for n in range(80)])
        asking.leaving.set()
        try:
            assert work(started) is AskStatus.QUEUED
        finally:
            asking.leaving.clear()
        run = AskRun.objects.get()
        assert (run.status, run.lease_token, run.published_at) == ("queued", None, None)
        assert work(started) is AskStatus.COMPLETED
        assert len(server.requests) == 80


def _queued() -> UUID:
    with FakeLLM() as server:
        return begin([model_at(server)], [open_market()]).run_id
