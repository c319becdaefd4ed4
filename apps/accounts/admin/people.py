"""People: found, looked into, let in again, and looked at as they see things."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone

from apps.accounts.admin.base import AuditedAdmin, ReadOnlyInline
from apps.accounts.domain.impersonation import LASTS
from apps.accounts.models import Membership, User
from apps.accounts.selectors.impersonation import (
    SESSION_KEY,
    find_reachable,
    may_impersonate,
    seal_impersonation,
)
from apps.accounts.services.deletion import ask_account_deletion, keep_account
from apps.accounts.services.impersonation import start_impersonation
from apps.accounts.services.keys import look_again_at_keys_of
from apps.accounts.services.people import remove_second_factors, vouch_for_person
from apps.accounts.services.sessions import end_sessions
from apps.accounts.viewers import actor_of
from apps.accounts.web.operator_forms import ReasonForm
from apps.core.errors import AppError

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern

# They show secrets, or hold applications that come from the environment alone.
for _model in (Authenticator, SocialApp, SocialToken, UserSession):
    admin.site.unregister(_model)


_POWERS = ("is_staff", "is_superuser", "groups", "user_permissions")


class MembershipInline(ReadOnlyInline):
    """The workspaces that a person belongs to."""

    model = Membership
    fields = ("workspace", "role", "created_at")
    readonly_fields = fields
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> Any:
        """Bring the workspaces along."""
        return super().get_queryset(request).select_related("workspace", "user")


class SessionInline(ReadOnlyInline):
    """Where a person is signed in; never the keys of the sessions."""

    model = UserSession
    fields = ("ip", "user_agent", "created_at", "last_seen_at")
    readonly_fields = fields


@admin.register(User)
class UserAdmin(AuditedAdmin[User], DjangoUserAdmin[User]):
    """People, found by e-mail. Their passwords are not shown, hashed or otherwise."""

    ordering = ["email"]
    list_display = ["email", "name", "is_staff", "is_active", "date_joined"]
    search_fields = ["email", "name"]
    readonly_fields = [
        "last_login",
        "date_joined",
        "deletion_due_at",
        "deletion_problem",
    ]
    fieldsets = [
        (None, {"fields": ["email", "name"]}),
        (
            "Permissions",
            {"fields": ["is_active", "is_staff", "is_superuser", "groups"]},
        ),
        (
            "Dates",
            {
                "fields": [
                    "last_login",
                    "date_joined",
                    "deletion_due_at",
                    "deletion_problem",
                ]
            },
        ),
    ]
    add_fieldsets = [
        (None, {"classes": ["wide"], "fields": ["email", "password1", "password2"]})
    ]
    inlines = [MembershipInline, SessionInline]
    actions = ["remove_factors", "sign_out", "delete_later", "keep"]

    def has_change_permission(
        self, request: HttpRequest, obj: User | None = None
    ) -> bool:
        """Refuse a superuser's row to all but superusers: it would make them one."""
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or _may_touch(request, obj))

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Leave to superusers what gives power, and the addresses of staff."""
        fields = [*super().get_readonly_fields(request, obj)]
        if request.user.is_superuser:
            return fields
        if obj is not None and obj.is_staff:
            fields.append("email")
        return [*fields, *_POWERS]

    def has_delete_permission(self, *_: object) -> bool:
        """Refuse: what is deleted here would leave its traces elsewhere."""
        return False

    def save_model(
        self, request: HttpRequest, obj: User, form: Any, change: Any
    ) -> None:
        """Save, and take a new address for theirs on the operator's word."""
        super().save_model(request, obj, form, change)
        if not change or "email" in form.changed_data:
            vouch_for_person(user_id=obj.pk)
        if change and "is_active" in form.changed_data:
            look_again_at_keys_of(user_id=obj.pk)

    @admin.action(
        description="Remove the second factors of the selected people",
        permissions=["change"],
    )
    def remove_factors(self, request: HttpRequest, people: QuerySet[User]) -> None:
        """Let in who has lost all of them."""
        now = timezone.now()
        for person in _within_reach(request, people):
            remove_second_factors(user_id=person.pk, actor=actor_of(request), now=now)
        messages.success(request, "Their second factors are removed.")

    @admin.action(
        description="Delete the selected accounts after the days of grace",
        permissions=["change"],
    )
    def delete_later(self, request: HttpRequest, people: QuerySet[User]) -> None:
        """Do what each person could ask for; they are told by mail."""
        now, actor = timezone.now(), actor_of(request)
        for person in _within_reach(request, people):
            try:
                due = ask_account_deletion(user_id=person.pk, actor=actor, now=now)
            except AppError as error:
                messages.error(request, f"{person}: {error}")
            else:
                messages.success(request, f"To be deleted on {due:%d %B %Y}: {person}.")

    @admin.action(
        description="Keep the selected accounts after all", permissions=["change"]
    )
    def keep(self, request: HttpRequest, people: QuerySet[User]) -> None:
        """Take deletions back."""
        now, actor = timezone.now(), actor_of(request)
        kept = sum(
            keep_account(user_id=person.pk, actor=actor, now=now)
            for person in _within_reach(request, people)
        )
        messages.success(request, f"{kept} accounts stay.")

    @admin.action(
        description="Sign the selected people out everywhere", permissions=["change"]
    )
    def sign_out(self, request: HttpRequest, people: QuerySet[User]) -> None:
        """End their sessions; they can sign in again."""
        now = timezone.now()
        ended = sum(
            end_sessions(user_id=person.pk, actor=actor_of(request), now=now)
            for person in _within_reach(request, people)
        )
        messages.success(request, f"{ended} sessions ended.")

    def place_of(self, row: Any) -> tuple[UUID | None, UUID | None]:
        """Return the person alone."""
        return None, row.pk

    def get_inlines(self, _request: HttpRequest, obj: User | None = None) -> Any:
        """Show workspaces of people who are there already."""
        return [] if obj is None else self.inlines

    def get_urls(self) -> list[URLPattern]:
        """Add the page that begins a look as somebody."""
        look = path(
            "<uuid:person_id>/see-as/",
            self.admin_site.admin_view(self.see_as),
            name="accounts_user_see_as",
        )
        return [look, *super().get_urls()]

    def user_change_password(self, *_: Any, **__: Any) -> HttpResponse:
        """Refuse: people set their own passwords, by a link in their mail."""
        raise PermissionDenied

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Offer the look where one may have it."""
        person = self.get_object(request, object_id)
        offers = person is not None and find_reachable(person.pk) is not None
        context = {"can_see_as": offers and may_impersonate(request.user)}
        return super().change_view(
            request, object_id, form_url, context | (extra_context or {})
        )

    def see_as(self, request: HttpRequest, person_id: UUID) -> HttpResponse:
        """Ask for the reason, then show the pages as the person sees them."""
        operator = request.user
        if not isinstance(operator, User) or not may_impersonate(operator):
            raise PermissionDenied
        person = find_reachable(person_id)
        if person is None:
            raise Http404
        form = ReasonForm(request.POST if request.method == "POST" else None)
        if form.is_valid() and self._start(request, operator, person, form):
            return HttpResponseRedirect(reverse("workspaces"))
        context = self.admin_site.each_context(request) | {
            "title": f"See as {person}",
            "person": person,
            "form": form,
            "minutes": int(LASTS.total_seconds() // 60),
            "opts": self.opts,
        }
        status = 422 if form.is_bound else 200
        return TemplateResponse(
            request, "admin/accounts/user/see_as.html", context, status=status
        )

    def _start(
        self, request: HttpRequest, operator: User, person: User, form: ReasonForm
    ) -> bool:
        try:
            flag = start_impersonation(
                operator=operator,
                person_id=person.pk,
                reason=form.cleaned_data["reason"],
                actor=actor_of(request),
                now=timezone.now(),
            )
        except AppError as error:
            messages.error(request, str(error))
            return False
        request.session[SESSION_KEY] = seal_impersonation(flag)
        return True


def _may_touch(request: HttpRequest, person: User) -> bool:
    return not person.is_superuser or bool(request.user.is_superuser)


def _within_reach(request: HttpRequest, people: QuerySet[User]) -> list[User]:
    """Return those of the selected whom the operator may change; name the others."""
    chosen = list(people)
    for person in chosen:
        if not _may_touch(request, person):
            messages.error(request, f"{person} is a superuser: ask another one.")
    return [person for person in chosen if _may_touch(request, person)]
