"""Enqueue Celery tasks by name, after the current transaction commits."""

from __future__ import annotations

from functools import partial
from threading import Lock
from typing import TYPE_CHECKING

from celery import current_app
from django.db import transaction

if TYPE_CHECKING:
    from celery import Task

_loading = Lock()


def enqueue(
    task_name: str, /, *, to_queue: str | None = None, **kwargs: object
) -> None:
    """Send a registered task once the surrounding transaction commits.

    It goes to the queue that the settings route it to, or to `to_queue`.

    Services name a task instead of importing it, so that tasks can import services
    and never the reverse.

    Raises:
        NotRegistered: no task has that name.
    """
    send = partial(find_task(task_name).apply_async, kwargs=kwargs)
    # Celery takes a queue that is named None for one that is named.
    transaction.on_commit(partial(send, queue=to_queue) if to_queue else send)


def find_task(task_name: str) -> Task[..., object]:
    """Return a registered task, loading them all where none has been used yet.

    Raises:
        NotRegistered: no task has that name.
    """
    if task_name not in current_app.tasks:  # a web process has loaded none yet
        # Celery takes a second thread past a loading that has only begun.
        with _loading:
            if task_name not in current_app.tasks:
                current_app.loader.import_default_modules()
    return current_app.tasks[task_name]
