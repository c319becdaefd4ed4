"""Runs on demand as workers do them: whose keys, whose queue, what they call."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from django.test import TestCase

from apps.accounts.domain.audit import Actor
from apps.accounts.models import Delivery
from apps.accounts.pipelines.deliveries import deliver
from apps.accounts.selectors.webhooks import read_secrets
from apps.accounts.services.deliveries import sweep_deliveries
from apps.benchmarks.models import ModelDay, Result, Run, Schedule, Shard, TaskDay
from apps.benchmarks.pipelines.shards import run_shard
from apps.benchmarks.services.leases import finish_run_if_over
from apps.benchmarks.services.on_demand import resume_on_demand
from apps.benchmarks.services.runs import cancel_run
from apps.benchmarks.services.schedules import benchmark_new_models
from apps.benchmarks.services.sweep import sweep
from apps.catalog.models import ProviderCredential
from apps.catalog.services.own_keys import remove_credential
from tests.catalog.own import KEY, OPERATORS
from tests.engine.cast import QUICK, clock, make_run
from tests.fakes.callback_server import CallbackServer
from tests.on_demand.cast import HOOK, add_model, furnish, start

if TYPE_CHECKING:
    from uuid import UUID

    from pytest_django.fixtures import Settings

    from tests.accounts.cast import Cast
    from tests.fakes.llm_server import FakeLLM

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def operator(settings: Settings) -> None:
    """An operator who has a key for the same provider."""
    settings.ACME_API_KEY = OPERATORS


def work(run_id: UUID) -> Run:
    for shard in Shard.objects.filter(run_id=run_id):
        run_shard(shard.id, clock=clock, options=QUICK)
    return Run.objects.get(pk=run_id)


def keys_sent(upstream: FakeLLM) -> set[str]:
    return {one.headers["authorization"] for one in upstream.requests}


def test_a_run_on_demand_asks_with_the_workspaces_key(
    team: Cast, upstream: FakeLLM
) -> None:
    furnish(team, upstream.base_url)
    run = work(start(team).run_id)
    assert (run.status, run.passed) == ("completed", 4)
    assert keys_sent(upstream) == {f"Bearer {KEY}"}
    assert ProviderCredential.objects.get().last_used_at is not None


def test_other_runs_ask_with_the_operators(team: Cast, upstream: FakeLLM) -> None:
    model = furnish(team, upstream.base_url)
    version_id = work(start(team).run_id).suite_version_id
    upstream.requests.clear()
    theirs = make_run(version_id, model.id, workspace_id=team.workspace.id)
    for run_id in (theirs, make_run(version_id, model.id)):
        assert work(run_id).status == "completed"
    assert keys_sent(upstream) == {f"Bearer {OPERATORS}"}


def test_a_key_that_was_removed_is_not_replaced_by_the_operators(
    team: Cast, upstream: FakeLLM
) -> None:
    furnish(team, upstream.base_url)
    run_id = start(team).run_id
    remove_credential(
        workspace_id=team.workspace.id, provider="acme", actor=Actor(), now=clock()
    )
    run = work(run_id)
    assert (run.unscored, run.passed, upstream.requests) == (4, 0, [])
    reasons = set(Result.objects.values_list("outcome", flat=True))
    assert reasons == {"missing_key"}


def test_no_leaderboard_hears_of_it(team: Cast, upstream: FakeLLM) -> None:
    furnish(team, upstream.base_url)
    work(start(team).run_id)
    assert Result.objects.count() == 4
    assert not TaskDay.objects.exists()
    assert not ModelDay.objects.exists()


def test_a_new_model_is_benchmarked_though_a_workspace_ran_it_first(
    team: Cast, upstream: FakeLLM
) -> None:
    model = furnish(team, upstream.base_url)
    run = work(start(team).run_id)
    Schedule.objects.create(
        name="All",
        suite=run.suite_version.suite,
        cron="0 * * * *",
        sample_limit=2,
        benchmarks_new_models=True,
    )
    assert len(benchmark_new_models(model_ids=[model.id], now=clock())) == 1


def test_the_end_of_a_run_is_called_back_signed(team: Cast, upstream: FakeLLM) -> None:
    furnish(team, upstream.base_url)
    with CallbackServer() as receiver:
        started = start(team, webhook_url=receiver.url)
        assert not Delivery.objects.exists()
        work(started.run_id)
        deliver(
            Delivery.objects.get().id, clock=clock, open_client=receiver.open_client
        )
        secret = read_secrets(team.workspace.id, clock())[0].secret
        told = receiver.calls[0].verify(secret)
    assert told["type"] == "run.ended"
    data = told["data"]
    assert data["run_id"] == str(started.run_id)
    assert data["status_url"] == f"/api/v1/runs/{started.run_id}"
    counts = [data[name] for name in ("samples", "passed", "failed", "unscored")]
    assert (data["status"], data["suite"], counts) == (
        "completed",
        "numbers",
        [4, 4, 0, 0],
    )


def bodies() -> list[dict[str, Any]]:
    return [json.loads(one.body)["data"] for one in Delivery.objects.order_by("id")]


def test_a_cancelled_run_calls_back_and_ends_once(team: Cast) -> None:
    furnish(team)
    run_id = start(team, webhook_url=HOOK).run_id
    for _ in range(2):
        cancel_run(run_id=run_id, now=clock(), reason="Enough.")
        sweep(now=clock())
        finish_run_if_over(Run.objects.get(), clock())
    (told,) = bodies()
    assert (told["status"], told["status_reason"]) == ("cancelled", "Enough.")


def test_a_run_that_is_resumed_ends_and_calls_back_anew(
    team: Cast, upstream: FakeLLM
) -> None:
    furnish(team, upstream.base_url)
    run_id = start(team, webhook_url=HOOK).run_id
    cancel_run(run_id=run_id, now=clock())
    resume_on_demand(run_id=run_id, now=clock())
    work(run_id)
    assert [one["status"] for one in bodies()] == ["cancelled", "completed"]


def test_a_run_that_fails_calls_back_too(team: Cast) -> None:
    furnish(team)
    run_id = start(team, webhook_url=HOOK).run_id
    Shard.objects.update(status="failed", reason="It broke.")
    sweep(now=clock())
    assert Run.objects.get(pk=run_id).status == "failed"
    assert [one["status_reason"] for one in bodies()] == ["It broke."]


def test_a_callback_that_no_worker_heard_of_is_swept_up(team: Cast) -> None:
    furnish(team)
    cancel_run(run_id=start(team, webhook_url=HOOK).run_id, now=clock())
    # The test never commits, as a worker that died at the commit never published.
    assert Delivery.objects.get().attempts == 0
    with TestCase.captureOnCommitCallbacks(execute=True):
        assert sweep_deliveries(now=clock()) == 1
    delivery = Delivery.objects.get()
    assert delivery.attempts == 1


def test_a_run_without_a_callback_calls_nobody(team: Cast) -> None:
    furnish(team)
    cancel_run(run_id=start(team).run_id, now=clock())
    assert not Delivery.objects.exists()


def test_the_cost_of_a_run_stops_at_its_limit(team: Cast, upstream: FakeLLM) -> None:
    model = furnish(team, upstream.base_url)
    add_model(model.provider, "dear", Decimal(1000))
    run = work(start(team, models=("acme/dear",), max_cost=Decimal("0.01")).run_id)
    assert (run.status, run.passed < run.samples) == ("stopped", True)
