"""Enqueue Celery tasks by name, after the current transaction commits."""

from __future__ import annotations

from functools import partial

from celery import current_app
from django.db import transaction


def enqueue(task_name: str, /, **kwargs: object) -> None:
    """Send a registered task once the surrounding transaction commits.

    Services name a task instead of importing it, so that tasks can import services
    and never the reverse.

    Raises:
        NotRegistered: no task has that name.
    """
    if task_name not in current_app.tasks:  # a web process has loaded none yet
        current_app.loader.import_default_modules()
    task = current_app.tasks[task_name]
    transaction.on_commit(partial(task.apply_async, kwargs=kwargs))
