"""Plans, and what single workspaces have by agreement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin

from apps.accounts.admin.base import AuditedAdmin
from apps.accounts.models import ENTITLEMENTS, Tier, TierOverride

if TYPE_CHECKING:
    from django.http import HttpRequest


class EntitlementBoxes:
    """Shows a list of entitlements as a box for each."""

    def formfield_for_dbfield(
        self, db_field: Any, request: HttpRequest | None, **kwargs: Any
    ) -> Any:
        """Return the boxes for a list of entitlements, else what is usual."""
        if db_field.name in {"granted", "withheld"}:
            return forms.MultipleChoiceField(
                choices=ENTITLEMENTS,
                required=False,
                widget=forms.CheckboxSelectMultiple,
            )
        kept: Any = super()
        return kept.formfield_for_dbfield(db_field, request, **kwargs)


@admin.register(Tier)
class TierAdmin(EntitlementBoxes, AuditedAdmin[Tier]):
    """The plans; a change holds from the next request on."""

    list_display = [
        "name",
        "monthly_price",
        "yearly_price",
        "calls_per_hour",
        "history_days",
        "is_default",
        "is_listed",
    ]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(TierOverride)
class TierOverrideAdmin(EntitlementBoxes, AuditedAdmin[TierOverride]):
    """What single workspaces have by agreement."""

    list_display = ["workspace", "tier", "expires_at", "reason"]
    list_select_related = ["workspace", "tier"]
    search_fields = ["workspace__name", "reason"]
    autocomplete_fields = ["workspace"]
