"""API keys: whose they are and when they were used, never the keys themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin, messages
from django.utils import timezone

from apps.accounts.admin.base import ReadOnly
from apps.accounts.models import ApiKey
from apps.accounts.services.keys import revoke_as_operator
from apps.accounts.viewers import actor_of

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnly, admin.ModelAdmin[ApiKey]):
    """Keys by workspace, to be revoked."""

    list_display = [
        "name",
        "last_four",
        "workspace",
        "power",
        "created_by",
        "created_at",
        "last_used_at",
        "expires_at",
        "revoked_at",
    ]
    list_filter = ["power", ("revoked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["workspace", "created_by"]
    search_fields = ["name", "workspace__name", "=last_four"]
    exclude = ["digest"]
    actions = ["revoke"]

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Let those revoke who might change a key."""
        return request.user.has_perm("accounts.change_apikey")

    @admin.action(description="Revoke", permissions=["revoke"])
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        """Revoke the chosen keys; they open nothing within a second."""
        now, actor = timezone.now(), actor_of(request)
        ended = sum(
            revoke_as_operator(key_id=key.pk, actor=actor, now=now) for key in keys
        )
        messages.success(request, f"{ended} keys revoked.")
