"""The Celery application: `celery -A config`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import structlog
from celery import Celery
from celery.signals import setup_logging
from django.dispatch import receiver
from django_structlog.celery.signals import bind_extra_task_metadata
from django_structlog.celery.steps import DjangoStructLogInitStep

if TYPE_CHECKING:
    from celery import Task

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


@setup_logging.connect
def keep_logging(**_: object) -> None:
    """Leave logging as the settings have it: a receiver stops Celery's own set-up."""


@receiver(bind_extra_task_metadata)
def name_the_task(task: Task[..., object], **_: object) -> None:
    """Have every line that a task logs say which task it was."""
    structlog.contextvars.bind_contextvars(task=task.name)


app = Celery("assay")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.steps["worker"].add(DjangoStructLogInitStep)
app.steps["worker"].add("apps.core.worker:ReportingStep")
app.autodiscover_tasks()
