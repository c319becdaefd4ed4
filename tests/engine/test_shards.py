from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from apps.benchmarks.domain.samples import derive_seed
from apps.benchmarks.models import Result, Run, Shard
from apps.benchmarks.pipelines.shards import run_shard
from apps.benchmarks.services.runs import resume_run
from apps.catalog.domain.concurrency import LimitPolicy
from tests.engine.cast import (
    QUICK,
    clock,
    make_model,
    make_run,
    make_suite,
    provider,
    run_shards,
)
from tests.fakes.llm_server import FakeLLM
from tests.fakes.llm_wire import Reply

pytestmark = pytest.mark.django_db
NO_MODEL = {"error": {"code": "model_not_found", "message": "no such model"}}


def _run(run_id: Any, options: Any = QUICK) -> Run:
    """Do the run's shards here and return how the run stands."""
    shards = Shard.objects.filter(run=run_id).values_list("id", flat=True)
    run_shards(list(shards), options)
    return Run.objects.get(pk=run_id)


def test_a_run_ends_with_a_result_for_every_sample() -> None:
    version = make_suite(20)
    with provider() as server:
        models = [make_model(server.base_url, name) for name in "ab"]
        run = _run(make_run(version, *models, epochs=2))
    counts = (run.status, run.samples, run.passed, run.failed, run.unscored)
    assert counts == ("completed", 80, 72, 8, 0)
    assert Result.objects.filter(run=run, is_final=True).count() == 80
    for shard in run.shards.all():
        assert (shard.status, shard.passed, shard.failed) == ("done", 36, 4)


def test_every_epoch_is_asked_with_its_own_seed_and_every_model_with_the_same() -> None:
    version = make_suite(1)
    with provider() as server:
        models = [make_model(server.base_url, name) for name in "ab"]
        run = _run(make_run(version, *models, epochs=2))
    seeds = sorted(request.body["seed"] for request in server.requests)
    expected = [derive_seed(run.manifest["seed"], epoch) for epoch in (1, 2)]
    assert seeds == sorted(expected * 2)


def test_a_result_keeps_what_was_sent_and_what_came_back() -> None:
    version = make_suite(1)
    with FakeLLM(reply=Reply(text='{"n": 0}', model="m-2026", usage=(12, 5))) as server:
        run = _run(make_run(version, make_model(server.base_url, price=Decimal(2))))
    result = Result.objects.get(run=run)
    assert (result.answer, result.verdict, result.score) == ('{"n": 0}', "pass", 1.0)
    assert (result.provider_model, result.outcome) == ("m-2026", "ok")
    assert (result.input_tokens, result.output_tokens) == (12, 5)
    assert result.cost == run.cost == Decimal("0.000034")
    assert len(result.prompt_hash) == 64
    assert result.package_versions.keys() == {"assay", "openai"}
    assert result.total_ms is not None
    assert result.total_ms >= (result.working_ms or 0) > 0


@pytest.mark.parametrize(
    ("reply", "outcome", "verdict", "reason"),
    [
        (Reply(refusal="No."), "refusal", "fail", "The model refused: No."),
        (Reply(text='{"n": ', finish="length"), "truncated", "fail", "cut off"),
        (Reply(text='{"n": 0}', finish="length"), "truncated", "pass", ""),
        (Reply(text="zero"), "malformed_structured", "fail", "not the JSON"),
        (Reply(status=401), "missing_key", "unscored", ""),
        (Reply(status=404, error=NO_MODEL), "unknown_model", "unscored", ""),
        (Reply(status=429), "rate_limited", "unscored", ""),
        (Reply(status=503), "upstream_failed", "unscored", ""),
    ],
)
def test_what_befell_a_request_is_stored_as_what_it_is(
    reply: Reply, outcome: str, verdict: str, reason: str
) -> None:
    version = make_suite(1)
    with FakeLLM(reply=reply) as server:
        run = _run(make_run(version, make_model(server.base_url)))
    result = Result.objects.get(run=run)
    assert (result.outcome, result.verdict) == (outcome, verdict)
    assert reason in result.reason
    assert bool(result.reason) == (verdict != "pass")


def test_an_answer_with_nul_and_lone_surrogates_is_kept() -> None:
    version = make_suite(1)
    text = "\x00 and \ud800"
    raw = b"data: " + json.dumps({"choices": [{"delta": {"content": text}}]}).encode()
    with FakeLLM(reply=Reply(text="!", raw=raw + b"\n\n")) as server:
        run = _run(make_run(version, make_model(server.base_url)))
    assert Result.objects.get(run=run).answer == "\\u!\\u0000 and \\ud800!"


def test_the_model_is_kept_busy_up_to_its_limit() -> None:
    version = make_suite(40)
    options = replace(QUICK, limits=LimitPolicy.fixed(8))
    with provider(delay=0.03) as server:
        run = _run(make_run(version, make_model(server.base_url)), options)
    assert run.status == "completed"
    assert server.peak == 8


def test_a_rate_limit_leaves_a_trace_of_the_changed_limit() -> None:
    version = make_suite(3)
    with provider(script=[Reply(status=429)]) as server:
        run = _run(make_run(version, make_model(server.base_url)))
    (change,) = run.shards.get().limit_changes
    assert (change["old"], change["new"]) == (20, 16)
    assert "rate limited" in change["reason"]


def test_unscored_samples_are_tried_again_when_the_run_is_resumed() -> None:
    version = make_suite(4)
    with provider(script=[Reply(status=503)] * 2) as server:
        run = _run(make_run(version, make_model(server.base_url)))
        assert (run.passed, run.unscored) == (2, 2)
        resume_run(run_id=run.id, now=clock(), publish=False)
        run = _run(run.id)
    assert (run.status, run.passed, run.unscored) == ("completed", 4, 0)
    results = Result.objects.filter(run=run)
    assert results.filter(is_final=True, attempt=2, verdict="pass").count() == 2
    assert results.filter(is_final=False, attempt=1, verdict="unscored").count() == 2
    assert len(server.requests) == 6


def test_a_fault_of_ours_ends_the_shard_where_it_is_seen() -> None:
    version = make_suite(1)
    run_id = make_run(version, make_model("http://127.0.0.1:9/v1"))
    manifest = Run.objects.get(pk=run_id).manifest
    del manifest["epoch_seeds"]
    Run.objects.filter(pk=run_id).update(manifest=manifest)
    run = _run(run_id)
    assert (run.status, run.status_reason) == ("failed", "KeyError: 'epoch_seeds'")


def test_a_shard_that_is_over_is_not_done_again() -> None:
    version = make_suite(2)
    with provider() as server:
        run = _run(make_run(version, make_model(server.base_url)))
        shard = run.shards.get()
        assert run_shard(shard.id, clock=clock, options=QUICK) is None
        assert len(server.requests) == 2


def test_what_a_limit_did_is_kept_when_another_worker_goes_on() -> None:
    version = make_suite(3)
    script = [Reply(status=429), Reply(status=503), Reply(status=429)]
    with provider(script=script) as server:
        run = _run(make_run(version, make_model(server.base_url)))
        resume_run(run_id=run.id, now=clock(), publish=False)
        run = _run(run.id, replace(QUICK, limits=LimitPolicy.fixed(1)))
    assert run.status == "completed"
    changes = run.shards.get().limit_changes
    assert [(change["old"], change["new"]) for change in changes] == [(20, 16)]
