"""People and workspaces, for operators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.utils import timezone

from apps.accounts.models import Membership, Tier, TierOverride, User, Workspace
from apps.accounts.services.people import remove_second_factors, vouch_for_person
from apps.accounts.viewers import actor_of

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

# They show secrets, or hold applications that come from the environment alone.
for _model in (Authenticator, SocialApp, SocialToken, UserSession):
    admin.site.unregister(_model)


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
    actions = ["remove_factors"]

    def save_model(
        self,
        request: HttpRequest,
        obj: User,
        form: Any,
        change: bool,  # noqa: FBT001 (Django's signature)
    ) -> None:
        """Save, and take a new address for theirs on the operator's word."""
        super().save_model(request, obj, form, change)
        if not change or "email" in form.changed_data:
            vouch_for_person(user_id=obj.pk)

    @admin.action(description="Remove the second factors of the selected people")
    def remove_factors(self, request: HttpRequest, people: QuerySet[User]) -> None:
        """Let in who has lost all of them."""
        now = timezone.now()
        for person in people:
            remove_second_factors(user_id=person.pk, actor=actor_of(request), now=now)
        messages.success(request, "Their second factors are removed.")


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
