from __future__ import annotations

import csv
import io
import json
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from apps.benchmarks.models import Run
from apps.benchmarks.services.runs import cancel_run
from tests.engine.cast import clock, make_model, make_run, make_suite, provider
from tests.fakes.llm_server import FakeLLM
from tests.fakes.llm_wire import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.django_db
NOWHERE = "http://127.0.0.1:9/v1"
FORMULA = "=HYPERLINK(1)"


def _call(*arguments: str) -> tuple[int, str, str]:
    """Return the exit status and both streams of `benchmarks …`."""
    stdout, stderr = io.StringIO(), io.StringIO()
    try:
        call_command("benchmarks", *arguments, stdout=stdout, stderr=stderr)
    except SystemExit as end:
        return int(str(end.code)), stdout.getvalue(), stderr.getvalue()
    return 0, stdout.getvalue(), stderr.getvalue()


def _run(*arguments: str) -> tuple[int, dict[str, Any], str]:
    status, stdout, stderr = _call("run", "--suite", "numbers", "--json", *arguments)
    return status, json.loads(stdout), stderr


def test_a_run_without_a_worker_is_done_in_process() -> None:
    make_suite(20)
    with provider() as server:
        make_model(server.base_url)
        status, document, stderr = _run("--models", "fake/m", "--epochs", "2")
    assert status == 0
    assert list(document) == [
        "run_id",
        "status",
        "samples",
        "passed",
        "failed",
        "unscored",
        "cost",
        "models",
    ]
    counts = [document[name] for name in ("samples", "passed", "failed", "unscored")]
    assert counts == [40, 36, 4, 0]
    assert (document["status"], document["cost"]) == ("completed", "0")
    assert "no worker answers" in stderr
    assert "completed: 40/40 samples" in stderr


def test_each_model_is_told_with_its_interval_and_rank() -> None:
    make_suite(12)
    with provider() as server:
        for name in "ab":
            make_model(server.base_url, name)
        _, document, _ = _run("--models", "fake/b,fake/a", "--limit", "10")
    assert [model["model"] for model in document["models"]] == ["fake/a", "fake/b"]
    model = document["models"][0]
    assert (model["samples"], model["passed"], model["mean"]) == (10, 9, 0.9)
    assert 0 < model["ci_low"] < 0.9 < model["ci_high"] < 1
    assert (model["rank_low"], model["rank_high"]) == (1, 2)


def test_a_run_that_its_limit_stopped_says_how_to_go_on() -> None:
    make_suite(20)
    with FakeLLM(reply=Reply(text='{"n": 0}', usage=(500, 500))) as server:
        make_model(server.base_url, price=1)  # type: ignore[arg-type]
        status, document, stderr = _run("--models", "fake/m", "--max-cost", "0.004")
        assert (status, document["status"]) == (0, "stopped")
        assert 0 < float(document["cost"]) <= 0.004
        assert f"--resume {document['run_id']}" in stderr
        again, stdout, _ = _call(
            "run", "--resume", document["run_id"], "--max-cost", "1", "--json"
        )
    assert (again, json.loads(stdout)["status"]) == (0, "completed")
    assert json.loads(stdout)["cost"] == "0.02"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--models", "fake/m"], "--suite is missing"),
        (["--suite", "none", "--models", "fake/m"], "no suite 'none'"),
        (["--suite", "numbers", "--models", "fake/x"], "fake/x"),
        (["--suite", "numbers", "--models", "m"], "lacks its provider"),
        (["--suite", "numbers", "--models", "fake/m", "--limit", "0"], "limit is 0"),
        (["--suite", "numbers", "--models", "fake/m", "--limit", "x"], "--limit"),
        (["--suite", "numbers", "--models", "fake/m", "--epochs", "-1"], "epochs is"),
        (["--suite", "numbers", "--models", "fake/m", "--max-cost", "x"], "--max-cost"),
        (["--suite", "numbers", "--models", "fake/m", "--max-cost", "1"], "price of"),
        (
            ["--suite", "numbers", "--models", "fake/m", "--max-cost", "1e300"],
            "max cost",
        ),
        (
            ["--suite", "numbers", "--models", "fake/m", "--max-cost", "1e-7"],
            "max cost",
        ),
        (["--resume", "x"], "'x' is no run"),
        (["--resume", str(uuid4())], "There is no run"),
        (["--resume", str(uuid4()), "--suite", "s"], "does not go with"),
    ],
)
def test_bad_input_is_one_line_and_starts_nothing(
    arguments: list[str], said: str
) -> None:
    make_suite(1)
    make_model(NOWHERE, price=None)
    with pytest.raises(CommandError, match=said) as refusal:
        _call("run", *arguments)
    assert refusal.value.returncode == 2
    assert "\n" not in str(refusal.value)
    assert not Run.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_interrupt_cancels_the_run_and_keeps_what_is_finished() -> None:
    make_suite(200)
    is_over = threading.Event()

    def interrupt() -> None:
        # A command that failed must not leave a signal behind for a later test.
        while not is_over.wait(0.02):
            if Run.objects.filter(passed__gt=0).exists():
                os.kill(os.getpid(), signal.SIGINT)
                break
        connection.close()

    with provider(delay=0.1) as server, ThreadPoolExecutor(1) as beside:
        make_model(server.base_url)
        beside.submit(interrupt)
        try:
            status, document, stderr = _run("--models", "fake/m", "--epochs", "50")
        finally:
            is_over.set()
    assert (status, document["status"]) == (130, "cancelled")
    assert 0 < document["passed"] < document["samples"]
    assert f"--resume {document['run_id']}" in stderr


def _pass_fail_or_refuse(body: Mapping[str, Any]) -> Reply:
    prompt = body["messages"][-1]["content"]
    if prompt.endswith("0."):
        return Reply(text='{"n": 0}')
    return Reply(text=FORMULA) if prompt.endswith("1.") else Reply(status=401)


def _make_finished_run() -> Run:
    version = make_suite(3)
    with FakeLLM(respond=_pass_fail_or_refuse) as server:
        make_model(server.base_url)
        _run("--models", "fake/m")
    return Run.objects.get(suite_version=version)


def test_a_report_in_markdown_shows_the_numbers_and_what_they_rest_on() -> None:
    run = _make_finished_run()
    status, text, _ = _call("report", str(run.id))
    assert status == 0
    assert f"# Run {run.id}" in text
    for heading in ("Models", "Families", "Unscored", "Manifest"):
        assert f"\n## {heading}\n" in text
    assert "| fake/m | missing_key |" in text
    assert "3 of 3: 1 passed, 1 failed, 1 unscored" in text


def test_a_report_in_json_holds_every_sample() -> None:
    run = _make_finished_run()
    _, text, _ = _call("report", str(run.id), "--format", "json")
    document = json.loads(text, parse_constant=pytest.fail)
    assert (document["run_id"], document["unscored"]) == (str(run.id), 1)
    assert [row["attempt"] for row in document["results"]] == [1, 1, 1]
    assert FORMULA in [row["answer"] for row in document["results"]]
    assert document["manifest"]["suite"]["slug"] == "numbers"
    assert document["unscored_reasons"][0]["samples"] == 1


def test_a_report_in_csv_runs_nothing_in_a_spreadsheet() -> None:
    run = _make_finished_run()
    _, text, _ = _call("report", str(run.id), "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 3
    assert f"'{FORMULA}" in [row["answer"] for row in rows]
    assert {row["verdict"] for row in rows} == {"pass", "fail", "unscored"}


def test_a_run_without_any_result_can_be_reported() -> None:
    run_id = make_run(make_suite(1), make_model(NOWHERE, price=None))
    cancel_run(run_id=run_id, now=clock())
    for form in ("md", "json", "csv"):
        status, text, _ = _call("report", str(run_id), "--format", form)
        assert status == 0
        assert text


def test_a_report_of_nothing_is_refused() -> None:
    for run_id in ("x", str(uuid4())):
        with pytest.raises(CommandError) as refusal:
            _call("report", run_id)
        assert refusal.value.returncode == 2
