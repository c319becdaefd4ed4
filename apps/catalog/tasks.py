"""Work of the catalogue that runs on its own."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from apps.catalog.pipelines.gateways import load_clients
from apps.catalog.pipelines.sync import sync_catalogue

# Workers divide after this: what they ask with is then loaded once for all of them.
load_clients()


@shared_task(name="catalog.sync")
def sync(*, provider: str | None = None, **_: object) -> None:
    """Discover the models of every configured provider, or of one."""
    sync_catalogue(now=timezone.now(), provider=provider)
