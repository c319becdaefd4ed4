"""Celery: broker, queues and what the scheduler runs."""

from __future__ import annotations

from celery.schedules import crontab

from config import env
from config.settings.paths import celery_url

CELERY_BROKER_URL = env.read_url(
    "CELERY_BROKER_URL",
    celery_url(4),
    schemes=("redis", "rediss", "redis+socket", "amqp", "amqps", "sqs"),
    shown="database 4 of `REDIS_URL`",
    about="A broker for jobs apart from the Redis that holds cache and heartbeats.",
)
CELERY_TASK_IGNORE_RESULT = True
# Nothing is stored, so there is nothing to clean up each night.
CELERY_RESULT_EXPIRES = None
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_REDIRECT_STDOUTS = False
# A job that goes on without its broker keeps its lease and finishes; the copy that the
# broker delivers anew finds the lease taken.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_TASK_DEFAULT_QUEUE = "default"
BENCHMARK_QUEUE = "benchmarks"
# By workspace.
DEDICATED_QUEUES = env.read_pairs(
    "ASSAY_DEDICATED_QUEUES",
    about="Queues of single workspaces, as `WORKSPACE_ID=QUEUE`: where the tier of one "
    "includes a dedicated queue, its runs on demand go there. Each needs a worker that "
    "serves it; `/readyz` says so while there is none.",
)
QUEUES = (
    CELERY_TASK_DEFAULT_QUEUE,
    BENCHMARK_QUEUE,
    *dict.fromkeys(DEDICATED_QUEUES.values()),
)
# What asks models takes long: it has workers of its own.
CELERY_TASK_ROUTES = {
    "benchmarks.run_shard": {"queue": BENCHMARK_QUEUE},
    "predictions.ask": {"queue": BENCHMARK_QUEUE},
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Leases in the database bring lost work back; the broker need not, but must not
# deliver a long shard twice while it still runs.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 12 * 3600,
    # A broker that takes connections and never answers must hold up no caller for ever.
    # Longer than the second that a worker's BRPOP blocks.
    "socket_connect_timeout": 5.0,
    "socket_timeout": 5.0,
}
# What could not be sent at once is left to the sweep.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0}
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "apps.core.scheduler:ReportingScheduler"
HEARTBEAT_SECONDS = env.read_int(
    "ASSAY_HEARTBEAT_SECONDS",
    5,
    minimum=1,
    about="How often workers and the scheduler report that they live. Three reports "
    "may be lost before `/readyz` says so. The same for every process.",
)
CELERY_BEAT_MAX_LOOP_INTERVAL = HEARTBEAT_SECONDS
# Written after every job: a scheduler that is killed repeats none.
CELERY_BEAT_SYNC_EVERY = 1
PULSE_SECONDS = 2 * HEARTBEAT_SECONDS
CELERY_BEAT_SCHEDULE = {
    "core.pulse": {
        "task": "core.pulse",
        "schedule": float(PULSE_SECONDS),
        # Pulses that nobody took must not pile up.
        "options": {"expire_seconds": 3 * PULSE_SECONDS},
    },
    "core.reseal_secrets": {"task": "core.reseal_secrets", "schedule": 86_400.0},
    "accounts.retry_stripe_events": {
        "task": "accounts.retry_stripe_events",
        "schedule": 60.0,
        "options": {"expire_seconds": 60},
    },
    "accounts.end_doomed_subscriptions": {
        "task": "accounts.end_doomed_subscriptions",
        "schedule": 300.0,
        "options": {"expire_seconds": 300},
    },
    "accounts.reconcile_billing": {
        "task": "accounts.reconcile_billing",
        "schedule": crontab(hour="4", minute="17"),
        "options": {"expire_seconds": 3600},
    },
    "accounts.sweep_deliveries": {
        "task": "accounts.sweep_deliveries",
        "schedule": 30.0,
        "options": {"expire_seconds": 30},
    },
    "accounts.forget": {"task": "accounts.forget", "schedule": 3_600.0},
    "accounts.tend_usage": {"task": "accounts.tend_usage", "schedule": 86_400.0},
    "accounts.send_waiting_mail": {
        "task": "accounts.send_waiting_mail",
        "schedule": 60.0,
        "options": {"expire_seconds": 60},
    },
    "accounts.sweep_exports": {
        "task": "accounts.sweep_exports",
        "schedule": 60.0,
        "options": {"expire_seconds": 60},
    },
    "accounts.erase_due_people": {
        "task": "accounts.erase_due_people",
        "schedule": 600.0,
        "options": {"expire_seconds": 600},
    },
    "accounts.delete_due_workspaces": {
        "task": "accounts.delete_due_workspaces",
        "schedule": 3600.0,
        "options": {"expire_seconds": 3600},
    },
    # Each time for the hour that it is: what is done is left alone, and what failed is
    # tried again until the hour is over.
    "predictions.benchmark_hour": {
        "task": "predictions.benchmark_hour",
        "schedule": crontab(minute="3-58/5"),
        "options": {"expire_seconds": 240},
    },
    # After each hour's job too; this is for what happens between the hours.
    "predictions.recompute_scores": {
        "task": "predictions.recompute_scores",
        "schedule": crontab(minute="1-56/5"),
        "options": {"expire_seconds": 240},
    },
    # Each time for the day that it is: what was begun is not begun again.
    "predictions.ask_daily": {
        "task": "predictions.ask_daily",
        "schedule": 300.0,
        "options": {"expire_seconds": 300},
    },
    "predictions.sweep_asks": {
        "task": "predictions.sweep_asks",
        "schedule": 30.0,
        "options": {"expire_seconds": 30},
    },
    "predictions.ensure_partitions": {
        "task": "predictions.ensure_partitions",
        "schedule": 86_400.0,
    },
    "predictions.drop_old_snapshots": {
        "task": "predictions.drop_old_snapshots",
        "schedule": crontab(hour="4", minute="41"),
        "options": {"expire_seconds": 3600},
    },
    "markets.sync": {
        "task": "markets.sync",
        "schedule": crontab(minute="23"),
        "options": {"expire_seconds": 3_000},
    },
    "markets.ingest": {
        "task": "markets.ingest",
        "schedule": 300.0,
        "options": {"expire_seconds": 300},
    },
    "markets.ensure_partitions": {
        "task": "markets.ensure_partitions",
        "schedule": 86_400.0,
    },
    "markets.drop_old_quotes": {
        "task": "markets.drop_old_quotes",
        "schedule": crontab(hour="4", minute="46"),
        "options": {"expire_seconds": 3600},
    },
}
CELERY_TASK_ALWAYS_EAGER = env.read_bool(
    "ASSAY_TASKS_EAGER",
    default=False,
    about="Run jobs inside the process that enqueues them. For tests.",
)
CELERY_TASK_EAGER_PROPAGATES = True
BENCHMARK_SLOTS = env.read_int(
    "ASSAY_BENCHMARK_SLOTS",
    4,
    minimum=1,
    about="How many models one benchmark worker runs at a time.",
)
