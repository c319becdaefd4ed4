"""Celery's view of accounts: each task parses its arguments and makes one call."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from apps.accounts.pipelines import reconciling, stripe_events
from apps.accounts.services.stripe_events import send_due_events


@shared_task(name="accounts.process_stripe_event")
def process_stripe_event(*, event_id: str, **_: object) -> None:
    """Act upon one event of the biller."""
    stripe_events.process_event(event_id=UUID(event_id), clock=timezone.now)


@shared_task(name="accounts.retry_stripe_events")
def retry_stripe_events(**_: object) -> None:
    """Send again what waits, failed before or lost its worker."""
    send_due_events(now=timezone.now())


@shared_task(name="accounts.reconcile_billing")
def reconcile_billing(**_: object) -> None:
    """Compare with the biller and repair; nothing where there is none."""
    if reconciling.is_set_up():
        reconciling.reconcile(clock=timezone.now)
