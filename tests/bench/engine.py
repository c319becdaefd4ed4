"""The engine's overhead: a run of 1,000 samples against a bare loop of requests."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from statistics import median
from typing import TYPE_CHECKING

import inspect_ai
from inspect_ai.dataset import Sample
from inspect_ai.scorer import match
from openai import AsyncOpenAI

from apps.benchmarks.models import Result, Run, Shard
from apps.benchmarks.pipelines.shards import ShardOptions, run_shard
from apps.catalog.domain.concurrency import LimitPolicy
from tests.bench.table import Finding
from tests.engine.cast import SCHEMA, clock, make_model, make_run, make_suite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SAMPLES, AT_ONCE, ROUNDS = 1000, 50, 3
DELAY_SECONDS = 0.05
TARGET = 1.3
REPLY = '{"n": 1}'


def measure() -> list[Finding]:
    """Time each way in turn, round after round, on one server."""
    with _model_server() as base_url:
        engine = _Engine(base_url)
        ways: dict[str, Callable[[], None]] = {
            "bare": lambda: asyncio.run(_ask_bare(base_url)),
            "engine": engine.run,
            "inspect_ai": lambda: _run_inspect(base_url),
        }
        times: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, way in ways.items():
                started = time.perf_counter()
                way()
                times[name].append(time.perf_counter() - started)
    return _compare({name: median(spent) for name, spent in times.items()})


def _compare(seconds: dict[str, float]) -> list[Finding]:
    ratio = seconds["engine"] / seconds["bare"]
    peer = seconds["inspect_ai"] / seconds["bare"]
    what = f"{SAMPLES:,} structured samples, {AT_ONCE} at a time"
    return [
        Finding(
            f"{what}: bare openai loop",
            f"{seconds['bare']:.2f} s",
            "the measure of both below",
            met=None,
        ),
        Finding(
            f"{what}: engine, stored",
            f"{ratio:.2f} x ({seconds['engine']:.2f} s)",
            f"≤ {TARGET} x",
            met=ratio <= TARGET,
        ),
        Finding(
            f"{what}: inspect_ai, logged at the end",
            f"{peer:.2f} x ({seconds['inspect_ai']:.2f} s)",
            "beside it",
            met=None,
        ),
    ]


@contextmanager
def _model_server() -> Iterator[str]:
    """Serve from a process of its own, so that it takes no time from what it meets."""
    command = [sys.executable, "-m", "tests.fakes.llm_server"]
    options = ["--delay", str(DELAY_SECONDS), "--text", REPLY]
    with subprocess.Popen(
        [*command, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.communicate("")


async def _ask_bare(base_url: str) -> None:
    """Ask and read the streams to their ends, and do nothing else."""
    places = asyncio.Semaphore(AT_ONCE)
    async with AsyncOpenAI(base_url=base_url, api_key="none") as client:

        async def ask(number: int) -> None:
            async with places:
                stream = await client.chat.completions.create(
                    model="m",
                    messages=[{"role": "user", "content": f"Answer {number}."}],
                    temperature=0.0,
                    stream=True,
                    stream_options={"include_usage": True},
                    response_format={
                        "type": "json_schema",
                        "json_schema": {"name": "answer", "schema": SCHEMA},
                    },
                )
                async for _ in stream:
                    pass

        await asyncio.gather(*(ask(number) for number in range(SAMPLES)))


class _Engine:
    """Runs over one suite and one model, each stored like any other."""

    def __init__(self, base_url: str) -> None:
        self._version_id = make_suite(SAMPLES, slug="bench-numbers")
        self._model_id = make_model(base_url)
        policy = LimitPolicy.fixed(AT_ONCE)
        self._options = ShardOptions(limits=policy)

    def run(self) -> None:
        run_id = make_run(self._version_id, self._model_id)
        shard = Shard.objects.get(run_id=run_id)
        run_shard(shard.id, clock=clock, options=self._options)
        stored = Result.objects.filter(run_id=run_id).count()
        run = Run.objects.get(pk=run_id)
        if (stored, run.passed + run.failed) != (SAMPLES, SAMPLES):
            raise RuntimeError(f"{stored} results, {run.unscored} unscored")


def _run_inspect(base_url: str) -> None:
    os.environ |= {"BENCH_API_KEY": "none", "BENCH_BASE_URL": base_url}
    task = inspect_ai.Task(
        dataset=[
            Sample(input=f"Answer {number}.", target=REPLY) for number in range(SAMPLES)
        ],
        scorer=match(),
    )
    with tempfile.TemporaryDirectory() as logs:
        (log,) = inspect_ai.eval(
            task,
            model="openai-api/bench/m",
            model_args={"stream": True},  # as the other two do
            max_connections=AT_ONCE,
            max_samples=AT_ONCE,
            temperature=0.0,
            log_dir=logs,
            display="none",
            log_realtime=False,  # its quicker way: no row per event while it runs
        )
    if log.status != "success":
        raise RuntimeError(f"inspect_ai: {log.error}")
