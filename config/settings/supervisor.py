"""What `manage.py up` does at a start, and which processes it runs."""

from __future__ import annotations

from apps.core.servers.plan import Process, SetupStep
from config.settings.celery import BENCHMARK_QUEUE, BENCHMARK_SLOTS

UP_STEPS = [
    SetupStep("Migrate the database", "migrate", ("--no-input", "--verbosity=1")),
    SetupStep("Collect the static files", "ensure_static"),
    SetupStep("Make the demo sign-in", "ensure_demo_user", shown=True),
]

_CELERY = ("-m", "celery", "--quiet", "-A", "config")
UP_PROCESSES = [
    Process(
        "web",
        (
            *("-m", "uvicorn", "config.asgi:application"),
            *("--host", "{bind}", "--port", "{port}"),
            # 46-51 KB a connection otherwise, and CPU.
            *("--ws-per-message-deflate", "false"),
            *("--timeout-graceful-shutdown", "3", "--no-access-log"),
        ),
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
    # runs. A process a slot: a shard's event loop and its grading fill a core, which
    # threads of one process would share; and a shard that dies takes no other with it.
    Process(
        "benchmarks",
        (
            *(*_CELERY, "worker", "--hostname", "benchmarks@%h"),
            *("--queues", BENCHMARK_QUEUE),
            *("--pool", "prefork", "--concurrency", str(BENCHMARK_SLOTS)),
            *("--without-gossip", "--without-mingle"),
        ),
    ),
    Process("scheduler", (*_CELERY, "beat", "--pidfile=")),
]
