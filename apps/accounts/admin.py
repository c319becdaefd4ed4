"""People and workspaces, for operators."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin

from apps.accounts.models import Membership, Tier, TierOverride, User, Workspace


@admin.register(User)
class UserAdmin(DjangoUserAdmin[User]):
    """People, found by e-mail."""

    ordering = ["email"]
    list_display = ["email", "name", "is_staff", "is_active", "date_joined"]
    search_fields = ["email", "name"]
    fieldsets = [
        (None, {"fields": ["email", "password", "name"]}),
        (
            "Permissions",
            {"fields": ["is_active", "is_staff", "is_superuser", "groups"]},
        ),
        ("Dates", {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (None, {"classes": ["wide"], "fields": ["email", "password1", "password2"]})
    ]


class MembershipInline(admin.TabularInline[Membership, Workspace]):
    """Who belongs to the workspace."""

    model = Membership
    extra = 0
    autocomplete_fields = ["user"]


@admin.register(Workspace)
class WorkspaceAdmin(admin.ModelAdmin[Workspace]):
    """Workspaces with their members."""

    list_display = ["name", "created_at"]
    search_fields = ["name"]
    inlines = [MembershipInline]


@admin.register(Tier)
class TierAdmin(admin.ModelAdmin[Tier]):
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
class TierOverrideAdmin(admin.ModelAdmin[TierOverride]):
    """What single workspaces have by agreement."""

    list_display = ["workspace", "tier", "expires_at", "reason"]
    autocomplete_fields = ["workspace"]
