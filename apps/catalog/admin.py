"""Providers and models, as operators edit them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin

from apps.catalog.models import Model, PriceSource, Provider
from apps.catalog.selectors.providers import to_provider_row

if TYPE_CHECKING:
    from django.http import HttpRequest

_PRICES = {"input_price", "output_price"}


@admin.register(Provider)
class ProviderAdmin(admin.ModelAdmin[Provider]):
    """Providers, with what keeps each from being asked."""

    list_display = [
        "name",
        "display_name",
        "gateway",
        "is_active",
        "state",
        "synced_at",
    ]
    list_filter = ["gateway", "is_active"]
    search_fields = ["name", "display_name"]
    readonly_fields = ["created_at", "synced_at", "state"]

    @admin.display(description="state")
    def state(self, provider: Provider) -> str:
        """Say whether it can be asked, and if not, why."""
        return to_provider_row(provider).obstacle or "ready"


@admin.register(Model)
class ModelAdmin(admin.ModelAdmin[Model]):
    """Models; a price that is entered here wins over every other source."""

    list_display = [
        "name",
        "provider",
        "display_name",
        "input_price",
        "output_price",
        "price_source",
        "is_new",
        "is_deprecated",
    ]
    list_filter = ["provider", "price_source", "is_new", "is_deprecated", "is_free"]
    list_select_related = ["provider"]
    search_fields = ["name", "display_name", "upstream_name"]
    readonly_fields = [
        "price_source",
        "is_free",
        "first_seen_at",
        "last_seen_at",
        "listed_at",
        "deprecated_at",
    ]

    def save_model(
        self, request: HttpRequest, obj: Model, form: Any, change: Any
    ) -> None:
        """Mark prices as entered by hand; with both emptied, they are sought again."""
        if _PRICES & set(form.changed_data):
            is_empty = obj.input_price is None and obj.output_price is None
            obj.price_source = PriceSource.UNKNOWN if is_empty else PriceSource.HAND
            obj.is_free = obj.input_price == 0 and obj.output_price == 0
        super().save_model(request, obj, form, change)
