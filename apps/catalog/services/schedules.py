"""When the catalogue looks for new models: a row, edited in the admin."""

from __future__ import annotations

from django_celery_beat.models import CrontabSchedule, PeriodicTask

_NAME = "Look for new models"


def schedule_daily_sync() -> None:
    """Add the daily schedule unless it exists; one that was changed stays changed."""
    if PeriodicTask.objects.filter(name=_NAME).exists():
        return
    # Off the full hour, when everyone else's jobs run.
    crontab, _ = CrontabSchedule.objects.get_or_create(
        minute="17",
        hour="4",
        day_of_week="*",
        day_of_month="*",
        month_of_year="*",
        timezone="UTC",
    )
    PeriodicTask.objects.create(name=_NAME, task="catalog.sync", crontab=crontab)
