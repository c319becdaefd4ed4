"""Work of the catalogue that runs on its own."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from apps.catalog.pipelines.sync import sync_catalogue


@shared_task(name="catalog.sync")
def sync(*, provider: str | None = None, **_: object) -> None:
    """Discover the models of every configured provider, or of one."""
    sync_catalogue(now=timezone.now(), provider=provider)
