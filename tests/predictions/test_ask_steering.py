"""Askings that are cancelled while they wait or are worked on, and resumed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from apps.catalog.models import Model, Provider
from apps.core.errors import ConflictError, InvalidInputError, NotFoundError
from apps.core.ids import new_id
from apps.markets.models import Market
from apps.predictions.domain.words import AskStatus
from apps.predictions.models import AskItem, AskRun, Attempt, Prediction
from apps.predictions.services.ask_leases import claim_ask, end_ask, resume_ask
from apps.predictions.services.ask_steering import cancel_ask, resume_own_ask
from tests.fakes.llm_server import FakeLLM
from tests.predictions.asking import (
    QUICK,
    begin,
    clock,
    model_at,
    open_market,
    says,
    work,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from apps.predictions.services.ask_leases import AskLease
    from tests.fakes.llm_wire import Reply

pytestmark = pytest.mark.django_db
LEASE = timedelta(seconds=60)
WHY = "Cancelled from the page."


def queued() -> UUID:
    with FakeLLM() as server:
        return begin([model_at(server)], [open_market()]).run_id


def held() -> AskLease:
    lease = claim_ask(run_id=queued(), now=clock(), duration=LEASE)
    assert lease is not None
    return lease


def cancel(run_id: UUID) -> None:
    cancel_ask(run_id=run_id, reason=WHY, now=clock())


def test_what_waits_is_cancelled_and_no_worker_takes_it() -> None:
    run_id = queued()
    cancel(run_id)
    run = AskRun.objects.get()
    assert (run.status, run.reason) == ("cancelled", WHY)
    assert run.finished_at is not None
    assert claim_ask(run_id=run_id, now=clock(), duration=LEASE) is None


def test_cancelling_twice_changes_nothing_more() -> None:
    run_id = queued()
    cancel(run_id)
    before = AskRun.objects.values().get()
    cancel_ask(run_id=run_id, reason="Once more.", now=clock())
    assert AskRun.objects.values().get() == before


@pytest.mark.parametrize("status", ["completed", "stopped", "failed"])
def test_what_is_over_cannot_be_cancelled(status: str) -> None:
    run_id = queued()
    AskRun.objects.update(status=status)
    with pytest.raises(ConflictError, match=f"is {status} already"):
        cancel(run_id)
    assert AskRun.objects.get().status == status


def test_what_is_not_there_is_neither_cancelled_nor_resumed() -> None:
    with pytest.raises(NotFoundError):
        cancel(new_id())
    with pytest.raises(NotFoundError):
        resume_own_ask(run_id=new_id(), now=clock())


def test_a_worker_that_ends_it_finds_it_cancelled_and_leaves_it_so() -> None:
    lease = held()
    cancel(lease.run_id)
    for status in (AskStatus.COMPLETED, AskStatus.QUEUED):
        AskRun.objects.update(lease_token=lease.token)
        ended = end_ask(lease=lease, status=status, reason="done", now=clock())
        assert ended is AskStatus.CANCELLED
    run = AskRun.objects.get()
    assert (run.status, run.reason, run.lease_token) == ("cancelled", WHY, None)


def test_it_is_not_resumed_while_its_worker_winds_it_up() -> None:
    lease = held()
    cancel(lease.run_id)
    with pytest.raises(ConflictError, match="wound up still"):
        resume_own_ask(run_id=lease.run_id, now=clock())
    assert AskRun.objects.get().status == "cancelled"
    end_ask(lease=lease, status=AskStatus.CANCELLED, reason="", now=clock())
    resume_own_ask(run_id=lease.run_id, now=clock())
    assert AskRun.objects.get().status == "queued"


def test_a_worker_that_died_winding_it_up_holds_nobody_for_long() -> None:
    lease = held()
    cancel(lease.run_id)
    resume_own_ask(run_id=lease.run_id, now=clock() + 2 * LEASE)
    run = AskRun.objects.get()
    assert (run.status, run.lease_token) == ("queued", None)


def test_what_goes_on_or_waits_or_is_done_is_not_resumed() -> None:
    run_id = queued()
    with pytest.raises(ConflictError, match="waits for a worker already"):
        resume_own_ask(run_id=run_id, now=clock())
    claim_ask(run_id=run_id, now=clock(), duration=LEASE)
    with pytest.raises(ConflictError, match="goes on already"):
        resume_own_ask(run_id=run_id, now=clock())
    AskRun.objects.update(status="completed", lease_expires_at=None)
    AskItem.objects.update(status="unanswered")
    with pytest.raises(ConflictError, match="nothing left to ask"):
        resume_own_ask(run_id=run_id, now=clock())
    assert AskRun.objects.get().status == "completed"


@pytest.mark.parametrize("limit", ["-1", "NaN", "Infinity", "0.0000001"])
def test_a_limit_that_cannot_be_kept_is_refused(limit: str) -> None:
    run_id = queued()
    cancel(run_id)
    for resume in (resume_own_ask, resume_ask):
        with pytest.raises(InvalidInputError, match="max_cost"):
            resume(run_id=run_id, max_cost=Decimal(limit), now=clock())
    assert AskRun.objects.get().status == "cancelled"


def test_no_limit_is_kept_for_a_model_of_unknown_price() -> None:
    run_id = queued()
    cancel(run_id)
    Model.objects.update(input_price=None)
    with pytest.raises(InvalidInputError, match="has no known price"):
        resume_own_ask(run_id=run_id, max_cost=Decimal(1), now=clock())


def test_answers_under_way_are_kept_and_the_rest_is_asked_later() -> None:
    def respond(_: Mapping[str, Any]) -> Reply:
        return replace(says(0.5), delay=0.3 if len(server.requests) > 4 else 0.0)

    def moved() -> None:
        if Attempt.objects.count() >= 4:
            cancel(started.run_id)

    markets = [open_market(f"m{n}") for n in range(40)]
    with FakeLLM(respond=respond) as server:
        started = begin([model_at(server)], markets)
        options = replace(QUICK, moved=moved, grace_seconds=30)
        assert work(started, options) is AskStatus.CANCELLED
        asked = len(server.requests)
    run = AskRun.objects.get()
    assert (run.status, run.reason, run.lease_token) == ("cancelled", WHY, None)
    assert 4 < asked < 40
    assert Attempt.objects.count() == Prediction.objects.count() == asked
    with FakeLLM(reply=says(0.4)) as server:
        Market.objects.update(quoted_at=clock())
        Provider.objects.filter(name="fake").update(base_url=server.base_url)
        resume_own_ask(run_id=started.run_id, now=clock())
        assert work(started) is AskStatus.COMPLETED
        assert len(server.requests) == 40 - asked
