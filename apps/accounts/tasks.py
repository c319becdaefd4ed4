"""Celery's view of accounts: each task parses its arguments and makes one call."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from apps.accounts.pipelines import (
    erasure,
    exports,
    mail,
    people_erasure,
    reconciling,
    stripe_events,
)
from apps.accounts.pipelines.billing import end_doomed
from apps.accounts.pipelines.deliveries import deliver as deliver_now
from apps.accounts.services import usage
from apps.accounts.services.deliveries import forget_deliveries, sweep_deliveries
from apps.accounts.services.exports import sweep_exports
from apps.accounts.services.idempotency import forget_kept_answers
from apps.accounts.services.stripe_events import send_due_events


@shared_task(name="accounts.process_stripe_event")
def process_stripe_event(*, event_id: str, **_: object) -> None:
    """Act upon one event of the biller."""
    stripe_events.process_event(event_id=UUID(event_id), clock=timezone.now)


@shared_task(name="accounts.retry_stripe_events")
def retry_stripe_events(**_: object) -> None:
    """Send again what waits, failed before or lost its worker."""
    send_due_events(now=timezone.now())


@shared_task(name="accounts.end_doomed_subscriptions")
def end_doomed_subscriptions(**_: object) -> None:
    """End what workspaces pay that are due to be deleted."""
    end_doomed(clock=timezone.now)


@shared_task(name="accounts.reconcile_billing")
def reconcile_billing(**_: object) -> None:
    """Compare with the biller and repair; nothing where there is none."""
    if reconciling.is_set_up():
        reconciling.reconcile(clock=timezone.now)


@shared_task(name="accounts.deliver")
def deliver(*, delivery_id: str, **_: object) -> None:
    """Make one attempt at a callback."""
    deliver_now(UUID(delivery_id), clock=timezone.now)


@shared_task(name="accounts.sweep_deliveries")
def sweep(**_: object) -> None:
    """Hand over the callbacks that are due."""
    sweep_deliveries(now=timezone.now())


@shared_task(name="accounts.forget")
def forget(**_: object) -> None:
    """Delete what is kept for a time and no longer."""
    now = timezone.now()
    forget_deliveries(now=now)
    forget_kept_answers(now=now)


@shared_task(name="accounts.tend_usage")
def tend_usage(**_: object) -> None:
    """Make the months ahead for calls of the API, and drop those that are over."""
    usage.tend_usage(now=timezone.now())


@shared_task(name="accounts.send_mail")
def send_mail(*, mail_id: str, **_: object) -> None:
    """Send one mail."""
    mail.send_mail(UUID(mail_id), clock=timezone.now)


@shared_task(name="accounts.send_waiting_mail")
def send_waiting_mail(**_: object) -> None:
    """Send what is due and has not left."""
    mail.send_waiting_mail(clock=timezone.now)


@shared_task(name="accounts.delete_due_workspaces")
def delete_due_workspaces(**_: object) -> None:
    """Delete the workspaces whose days of grace are over."""
    erasure.delete_due_workspaces(clock=timezone.now)


@shared_task(name="accounts.build_export")
def build_export(*, export_id: str, **_: object) -> None:
    """Build the archive of a person's data and mail its link."""
    exports.build_export(export_id=UUID(export_id), clock=timezone.now)


@shared_task(name="accounts.sweep_exports")
def sweep_old_exports(**_: object) -> None:
    """Send lost exports again, and delete the files of old ones."""
    sweep_exports(now=timezone.now())


@shared_task(name="accounts.erase_due_people")
def erase_due_people(**_: object) -> None:
    """Erase the people whose days of grace are over."""
    people_erasure.erase_due_people(clock=timezone.now)
