"""Exports of people's data: that they are made, not what is in them."""

from __future__ import annotations

from django.contrib import admin

from apps.accounts.admin.base import ReadOnly
from apps.accounts.models import DataExport


@admin.register(DataExport)
class DataExportAdmin(ReadOnly, admin.ModelAdmin[DataExport]):
    """Who asked when, and how it went."""

    list_display = ["asked_at", "user", "state", "attempts", "size", "expires_at"]
    list_filter = ["state"]
    list_select_related = ["user"]
    search_fields = ["=user__email"]
    exclude = ["digest"]
