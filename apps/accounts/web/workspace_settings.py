"""Making, renaming, giving away, leaving and deleting a workspace."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.domain.roles import Power
from apps.accounts.selectors.members import list_members
from apps.accounts.services.members import leave_workspace, transfer_ownership
from apps.accounts.services.workspaces import (
    ask_deletion,
    create_workspace,
    rename_workspace,
    take_back_deletion,
)
from apps.accounts.viewers import acting, viewer_of, workspace_of
from apps.accounts.web.acting import attempt
from apps.accounts.web.tabs import workspace_context
from apps.accounts.web.workspace_forms import DeleteForm, NameForm, TransferForm
from apps.core.errors import ConflictError, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from django import forms
    from django.http import HttpRequest, HttpResponse

_PAGE = require_http_methods(["GET", "HEAD", "POST"])
TAB = "workspace_settings"


@login_required
@_PAGE
def new_workspace(request: HttpRequest) -> HttpResponse:
    """Show the form of a new workspace, or make it."""
    form = NameForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        name = form.cleaned_data["name"]
        made: list[UUID] = []

        def make() -> None:
            made.append(create_workspace(name=name, **acting(request)))

        if _fits(form, make):
            return redirect("workspace_members", workspace_id=made[0])
    status = 422 if form.is_bound else 200
    return render(request, "accounts/new_workspace.html", {"form": form}, status=status)


@login_required
@_PAGE
def settings_page(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """Show what can be done with a workspace; rename it."""
    asks = request.method == "POST"
    needs = Power.SETTINGS if asks else Power.VIEW
    workspace = workspace_of(request, workspace_id, needs=needs)
    form = NameForm(request.POST if asks else None, initial={"name": workspace.name})
    if asks and form.is_valid():
        rename = partial(
            rename_workspace,
            workspace_id=workspace_id,
            name=form.cleaned_data["name"],
            **acting(request),
        )
        if _fits(form, rename):
            messages.success(request, "The workspace has its new name.")
            return redirect(TAB, workspace_id=workspace_id)
    context = workspace_context(workspace, TAB) | {
        "form": form,
        "renames": workspace.allows(Power.SETTINGS),
        "owns": workspace.allows(Power.OWN),
        "grace_days": settings.DELETION_GRACE_DAYS,
    }
    return render(
        request, "accounts/settings.html", context, status=422 if asks else 200
    )


@login_required
@_PAGE
def transfer_page(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """Ask to whom a workspace is to go, or give it to them."""
    workspace = workspace_of(request, workspace_id, needs=Power.OWN)
    members = list_members(viewer_of(request), workspace_id)
    form = TransferForm(members, request.POST if request.method == "POST" else None)
    if form.is_valid():
        act = partial(
            transfer_ownership,
            workspace_id=workspace_id,
            member_id=UUID(form.cleaned_data["member"]),
            **acting(request),
        )
        attempt(request, act, "The workspace has a new owner. You are its admin now.")
        return redirect(TAB, workspace_id=workspace_id)
    context = workspace_context(workspace, TAB) | {"form": form}
    status = 422 if form.is_bound else 200
    return render(request, "accounts/transfer.html", context, status=status)


@login_required
@_PAGE
def leave_page(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """Ask whether a member wants to leave, or let them go."""
    workspace = workspace_of(request, workspace_id)
    if request.method == "POST":
        act = partial(leave_workspace, workspace_id=workspace_id, **acting(request))
        if attempt(request, act, f"You have left {workspace.name}."):
            return redirect("workspaces")
        return redirect(TAB, workspace_id=workspace_id)
    context = workspace_context(workspace, TAB)
    return render(request, "accounts/leave.html", context)


@login_required
@_PAGE
def delete_page(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """Ask for the name of what is to be deleted, or have it deleted."""
    workspace = workspace_of(request, workspace_id, needs=Power.OWN)
    form = DeleteForm(workspace, request.POST if request.method == "POST" else None)
    if form.is_valid():
        act = partial(ask_deletion, workspace_id=workspace_id, **acting(request))
        attempt(request, act, "")
        return redirect(TAB, workspace_id=workspace_id)
    context = workspace_context(workspace, TAB) | {
        "form": form,
        "grace_days": settings.DELETION_GRACE_DAYS,
    }
    status = 422 if form.is_bound else 200
    return render(request, "accounts/delete_workspace.html", context, status=status)


@login_required
@require_POST
def keep(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """Keep a workspace that was to be deleted."""
    act = partial(take_back_deletion, workspace_id=workspace_id, **acting(request))
    attempt(request, act, "The workspace stays.")
    return redirect(TAB, workspace_id=workspace_id)


def _fits(form: forms.Form, act: Callable[[], None]) -> bool:
    """Do something, or say at the field of the name why it could not be done."""
    try:
        act()
    except (ConflictError, InvalidInputError) as error:
        form.add_error("name", str(error).removeprefix("name: "))
        return False
    return True
