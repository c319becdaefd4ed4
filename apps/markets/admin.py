"""Venues and markets, for operators.

What venues said is looked at and not edited. Quotes have a composite key, which the
admin cannot show: `manage.py markets show` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin

from apps.markets.models import Market, Settlement, Tape, Venue

if TYPE_CHECKING:
    from django.http import HttpRequest


class ReadOnlyInline(admin.StackedInline[Any, Any]):
    """A row that is looked at and not edited."""

    extra = 0
    can_delete = False

    def has_add_permission(self, *_: object) -> bool:
        """Refuse."""
        return False

    def has_change_permission(self, *_: object) -> bool:
        """Refuse."""
        return False


class TapeInline(ReadOnlyInline):
    """What a recorded venue plays."""

    model = Tape
    exclude = ("content",)


@admin.register(Venue)
class VenueAdmin(admin.ModelAdmin[Venue]):
    """Venues: whether they are asked, and where; how they answered last."""

    list_display = [
        "name",
        "display_name",
        "kind",
        "nature",
        "is_active",
        "synced_at",
        "failed_at",
        "failure",
    ]
    list_filter = ["nature", "kind", "is_active"]
    search_fields = ["name", "display_name"]
    readonly_fields = [
        "name",
        "kind",
        "nature",
        "created_at",
        "synced_at",
        "failed_at",
        "failure",
    ]
    inlines = [TapeInline]

    def has_add_permission(self, _request: HttpRequest) -> bool:
        """Refuse: the built-in ones are loaded, and a tape comes from its file."""
        return False

    def has_delete_permission(self, *_: object) -> bool:
        """Refuse: predictions stand on its markets. It can be switched off."""
        return False


class SettlementInline(ReadOnlyInline):
    """How a market ended, and what the venue said otherwise since."""

    model = Settlement


class ContradictedFilter(admin.SimpleListFilter):
    """Only markets whose venue said something else after the settlement."""

    title = "settlement"
    parameter_name = "settlement"

    def lookups(self, *_: object) -> list[tuple[str, str]]:
        """Offer the one thing that needs a look."""
        return [("contradicted", "contradicted by the venue")]

    def queryset(self, _request: HttpRequest, queryset: Any) -> Any:
        """Keep what was asked for."""
        if self.value() == "contradicted":
            return queryset.filter(settlement__contradicted_at__isnull=False)
        return queryset


@admin.register(Market)
class MarketAdmin(admin.ModelAdmin[Market]):
    """Markets as their venues describe them."""

    list_display = ["question", "venue", "status", "mid", "last", "quoted_at"]
    list_filter = ["venue", "status", ContradictedFilter]
    list_select_related = ["venue"]
    search_fields = ["question", "event_title", "external_id", "slug"]
    show_full_result_count = False
    inlines = [SettlementInline]

    def has_add_permission(self, _request: HttpRequest) -> bool:
        """Refuse: markets come from their venues."""
        return False

    def has_change_permission(self, *_: object) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(self, *_: object) -> bool:
        """Refuse."""
        return False
