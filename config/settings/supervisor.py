"""What `manage.py up` does at a start, and which processes it runs."""

from __future__ import annotations

from apps.core.servers.plan import Process, SetupStep

UP_STEPS = [
    SetupStep("Migrate the database", "migrate", ("--no-input", "--verbosity=1")),
    SetupStep("Make the demo sign-in", "ensure_demo_user", shown=True),
]

_CELERY = ("-m", "celery", "-A", "config")
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
    Process("worker", (*_CELERY, "worker", "--pool=threads", "--concurrency=4")),
    Process("scheduler", (*_CELERY, "beat")),
]
