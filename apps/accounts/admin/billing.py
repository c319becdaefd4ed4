"""The mirror of what the biller knows: read, and read again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.utils import timezone

from apps.accounts.admin.base import ReadOnly
from apps.accounts.gateways.biller import open_biller
from apps.accounts.models import StripeEvent, Subscription
from apps.accounts.pipelines.looks import look_at_subscription
from apps.accounts.pipelines.stripe_events import replay_event
from apps.core.errors import AppError

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet
    from django.http import HttpRequest


class Mirror(ReadOnly, admin.ModelAdmin[Any]):
    """Rows that the biller is the master of."""

    def has_reread_permission(self, request: HttpRequest) -> bool:
        """Let those ask the biller again who might change what is mirrored."""
        name = self.opts.model_name
        return request.user.has_perm(f"{self.opts.app_label}.change_{name}")

    def reread_each(
        self, request: HttpRequest, rows: QuerySet[Any], reread: Callable[[str], object]
    ) -> None:
        """Ask the biller about each row, and say how that went."""
        for row in rows:
            try:
                reread(row.stripe_id)
            except AppError as error:
                messages.error(request, f"{row.stripe_id}: {error}")
            else:
                messages.success(request, f"{row.stripe_id} is read again.")


@admin.register(Subscription)
class SubscriptionAdmin(Mirror):
    """Subscriptions as they were last seen."""

    list_display = [
        "stripe_id",
        "workspace",
        "tier",
        "status",
        "interval",
        "current_period_end",
        "cancel_at_period_end",
        "updated_at",
    ]
    list_filter = ["status", "interval", "tier"]
    list_select_related = ["workspace", "tier"]
    search_fields = ["=stripe_id", "workspace__name"]
    actions = ["reread"]

    @admin.action(description="Read again from the biller", permissions=["reread"])
    def reread(self, request: HttpRequest, rows: QuerySet[Subscription]) -> None:
        """Ask the biller what the chosen subscriptions are now."""
        self.reread_each(
            request,
            rows,
            lambda one: look_at_subscription(open_biller(), one, timezone.now),
        )


@admin.register(StripeEvent)
class StripeEventAdmin(Mirror):
    """What the biller told, and what became of it."""

    list_display = [
        "stripe_id",
        "kind",
        "state",
        "attempts",
        "received_at",
        "finished_at",
        "last_error",
    ]
    list_filter = ["state", "kind"]
    search_fields = ["=stripe_id", "=customer_id", "=subscription_id"]
    show_full_result_count = False
    actions = ["reread"]

    @admin.action(description="Act upon them again", permissions=["reread"])
    def reread(self, request: HttpRequest, rows: QuerySet[StripeEvent]) -> None:
        """Replay the chosen events."""
        self.reread_each(
            request,
            rows,
            lambda one: replay_event(stripe_id=one, clock=timezone.now),
        )
