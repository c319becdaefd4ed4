"""Workspaces, who belongs to them, and what they have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.utils import timezone

from apps.accounts.admin.base import AuditedAdmin
from apps.accounts.admin.tiers import EntitlementBoxes
from apps.accounts.domain.roles import Role
from apps.accounts.models import Membership, TierOverride, Workspace
from apps.accounts.selectors.entitlements import entitlements, list_entitlements
from apps.accounts.services.keys import revoke_keys_of
from apps.accounts.viewers import actor_of

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest


class MembershipInline(admin.TabularInline[Membership, Workspace]):
    """Who belongs to the workspace."""

    model = Membership
    extra = 0
    autocomplete_fields = ["user"]
    readonly_fields = ["created_at"]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Bring the people along."""
        return super().get_queryset(request).select_related("user", "workspace")


class TierOverrideInline(
    EntitlementBoxes, admin.StackedInline[TierOverride, Workspace]
):
    """What the workspace has apart from its plan."""

    model = TierOverride
    extra = 0


class WorkspaceList(ChangeList):
    """A page of workspaces that knows the tiers of all its rows at once."""

    def get_results(self, request: HttpRequest) -> None:
        """Look the tiers up once the rows of the page are known."""
        super().get_results(request)
        rows = list(self.result_list)
        entitled = list_entitlements([row.pk for row in rows], timezone.now())
        for row in rows:
            row.tier_name = entitled[row.pk].tier.name
        self.result_list = rows


@admin.register(Workspace)
class WorkspaceAdmin(AuditedAdmin[Workspace]):
    """Workspaces with their members and their tier."""

    list_display = ["name", "tier", "personal_of", "created_at", "deletion_due_at"]
    list_select_related = ["personal_of"]
    list_filter = [("personal_of", admin.EmptyFieldListFilter)]
    search_fields = ["name", "=personal_of__email"]
    fields = ["name", "in_effect", "personal_of", "created_at", "deletion_due_at"]
    readonly_fields = ["in_effect", "personal_of", "created_at", "deletion_due_at"]
    inlines = [MembershipInline, TierOverrideInline]

    def place_of(self, row: Any) -> tuple[UUID | None, UUID | None]:
        """Return the workspace, and the person where the row is a membership."""
        workspace_id, person_id = super().place_of(row)
        return (row.pk if isinstance(row, Workspace) else workspace_id), person_id

    def save_formset(
        self, request: HttpRequest, form: Any, formset: Any, change: Any
    ) -> None:
        """Save the rows, and revoke the keys of who was put out or is less now."""
        super().save_formset(request, form, formset, change)
        if formset.model is not Membership:
            return
        gone = {row.user_id for row in formset.deleted_objects}
        for one in formset.initial_forms:
            before = one.initial
            if "user" in one.changed_data or _is_less(one.instance.role, before):
                gone.add(before["user"])
        for user_id in gone:
            revoke_keys_of(
                workspace_id=form.instance.pk,
                user_id=user_id,
                actor=actor_of(request),
                now=timezone.now(),
            )

    def has_add_permission(self, _request: HttpRequest) -> bool:
        """Refuse: a workspace begins with its owner, on its own page."""
        return False

    def has_delete_permission(self, *_: object) -> bool:
        """Refuse: its owner deletes it, with days to take that back."""
        return False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Return the list that knows the tiers."""
        del request, kwargs
        return WorkspaceList

    @admin.display(description="tier in effect")
    def tier(self, row: Any) -> str:
        """Return the name that the list looked up."""
        return str(row.tier_name)

    @admin.display(description="In effect")
    def in_effect(self, row: Workspace) -> str:
        """Return tier and limits, overrides counted in."""
        has = entitlements(row.pk, timezone.now())
        calls = "any number of" if has.limit.calls is None else f"{has.limit.calls:,}"
        days = "all" if has.history_days is None else f"{has.history_days} days of"
        granted = ", ".join(sorted(one.words for one in has.granted))
        return f"{has.tier.name}: {calls} calls an hour, {days} history; {granted}"


def _is_less(role: str, before: dict[str, Any]) -> bool:
    ranks = list(Role)
    return ranks.index(Role(role)) > ranks.index(Role(before["role"]))
