"""Celery: broker, queues and what the scheduler runs."""

from __future__ import annotations

from config import env
from config.settings.paths import celery_url

CELERY_BROKER_URL = env.read_str("CELERY_BROKER_URL") or celery_url(4)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {"benchmarks.run_shard": {"queue": "benchmarks"}}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Leases in the database bring lost work back; the broker need not, but must not
# deliver a long shard twice while it still runs.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 12 * 3600}
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 5
CELERY_TASK_ALWAYS_EAGER = env.read_bool("ASSAY_TASKS_EAGER", default=False)
CELERY_TASK_EAGER_PROPAGATES = True
