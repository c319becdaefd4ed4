"""The audit log: read and searched, never written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin

from apps.accounts.admin.base import ReadOnly
from apps.accounts.domain.audit import Act
from apps.accounts.models import AuditEvent

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest


class ActFilter(admin.SimpleListFilter):
    """By what was done, from the acts that are known: the table is not asked."""

    title = "act"
    parameter_name = "act"

    def lookups(self, *_: object) -> list[tuple[str, str]]:
        """Return every act."""
        return [(act.value, act.value) for act in sorted(Act)]

    def queryset(
        self, _request: HttpRequest, queryset: QuerySet[AuditEvent]
    ) -> QuerySet[AuditEvent]:
        """Keep the chosen act."""
        return queryset.filter(act=self.value()) if self.value() else queryset


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnly, admin.ModelAdmin[AuditEvent]):
    """What happened, the newest first."""

    list_display = ["at", "act", "actor_label", "subject", "workspace_id", "ip"]
    list_filter = [ActFilter]
    # No count of the whole table for each page.
    show_full_result_count = False
    search_fields = ["=actor_label", "=subject", "=ip"]
    search_help_text = "A whole e-mail address, subject or network address."
    date_hierarchy = "at"
    fields = [
        "at",
        "act",
        "subject",
        "details",
        "actor_label",
        "actor_id",
        "key_id",
        "ip",
        "workspace_id",
        "person_id",
    ]
    readonly_fields = ["actor_id", "workspace_id", "person_id"]
