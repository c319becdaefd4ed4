"""The pages of workspaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.accounts.domain.roles import Power
from apps.accounts.domain.tiers import list_promises
from apps.accounts.selectors.entitlements import entitlements
from apps.accounts.selectors.hidden import list_hidden
from apps.accounts.selectors.workspaces import list_workspaces
from apps.accounts.viewers import viewer_of, workspace_of
from apps.accounts.web.tabs import workspace_context

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

MENU_ROWS = 8  # the rest is a click further


@login_required
@require_safe
def workspaces_page(request: HttpRequest) -> HttpResponse:
    """List the workspaces of whoever is signed in."""
    context = {"workspaces": list_workspaces(viewer_of(request))}
    return render(request, "accounts/workspaces.html", context)


@login_required
@require_safe
def workspace_menu(request: HttpRequest) -> HttpResponse:
    """Return the first of them for the menu in the head of a page."""
    rows = list_workspaces(viewer_of(request))[:MENU_ROWS]
    return render(request, "accounts/_menu.html", {"rows": rows})


@login_required
@require_safe
def workspace_page(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """Show what a workspace has."""
    workspace = workspace_of(request, workspace_id)
    entitled = entitlements(workspace.id, timezone.now())
    context = workspace_context(workspace, "workspace") | {
        "entitled": entitled,
        "included": list_promises(entitled.granted),
        "hidden": list_hidden(workspace.id, entitled),
        "pays": workspace.allows(Power.BILLING),
    }
    return render(request, "accounts/overview.html", context)
