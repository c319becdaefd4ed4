"""The members of a workspace and the invitations to it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
)

from apps.accounts.domain.roles import Power, Role
from apps.accounts.links import invitation_link
from apps.accounts.selectors.invitations import list_invitations
from apps.accounts.selectors.members import get_visible_member, list_members
from apps.accounts.services.invitations import (
    invite,
    resend_invitation,
    revoke_invitation,
)
from apps.accounts.services.members import change_role, remove_member
from apps.accounts.viewers import acting, viewer_of, workspace_of
from apps.accounts.web.acting import attempt
from apps.accounts.web.tabs import workspace_context
from apps.accounts.web.workspace_forms import InviteForm, RoleForm
from apps.core.errors import ConflictError, InvalidInputError

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from apps.accounts.selectors.members import MemberRow

_PAGE = require_http_methods(["GET", "HEAD", "POST"])
TAB = "workspace_members"


@login_required
@_PAGE
def members_page(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """Show who belongs to a workspace; take an invitation."""
    asks = request.method == "POST"
    needs = Power.MEMBERS if asks else Power.VIEW
    workspace = workspace_of(request, workspace_id, needs=needs)
    form = InviteForm(
        workspace,
        data=request.POST if asks else None,
        initial={"role": Role.MEMBER.value},
    )
    if asks and form.is_valid() and _invite(request, workspace_id, form):
        return redirect(TAB, workspace_id=workspace_id)
    viewer = viewer_of(request)
    members = list_members(viewer, workspace_id)
    manages = workspace.allows(Power.MEMBERS)
    now = timezone.now()
    context = workspace_context(workspace, TAB) | {
        "members": members,
        "manages": manages,
        "form": form,
        "invitations": list_invitations(viewer, workspace_id, now=now)
        if manages
        else (),
        "undo": _undo(request, members),
    }
    return render(
        request, "accounts/members.html", context, status=422 if asks else 200
    )


@login_required
@_PAGE
def member_page(
    request: HttpRequest, workspace_id: UUID, member_id: UUID
) -> HttpResponse:
    """Show the form for a member's role, or change it."""
    workspace = workspace_of(request, workspace_id, needs=Power.MEMBERS)
    member = get_visible_member(viewer_of(request), workspace_id, member_id)
    asks = request.method == "POST"
    form = RoleForm(
        workspace,
        data=request.POST if asks else None,
        initial={"role": member.role.value},
    )
    if asks and form.is_valid():
        role = Role(form.cleaned_data["role"])
        act = partial(
            change_role,
            workspace_id=workspace_id,
            member_id=member_id,
            role=role,
            **acting(request),
        )
        done = attempt(request, act, "")
        return redirect(_after_change(workspace_id, member, changed=done))
    context = workspace_context(workspace, TAB) | {"member": member, "form": form}
    return render(request, "accounts/member.html", context, status=422 if asks else 200)


@login_required
@_PAGE
def remove_page(
    request: HttpRequest, workspace_id: UUID, member_id: UUID
) -> HttpResponse:
    """Ask whether a member is to be removed, or remove them."""
    workspace = workspace_of(request, workspace_id, needs=Power.MEMBERS)
    member = get_visible_member(viewer_of(request), workspace_id, member_id)
    if request.method == "POST":
        act = partial(
            remove_member,
            workspace_id=workspace_id,
            member_id=member_id,
            **acting(request),
        )
        attempt(request, act, f"{member.email} is no member any more.")
        return redirect(TAB, workspace_id=workspace_id)
    context = workspace_context(workspace, TAB) | {"member": member}
    return render(request, "accounts/remove_member.html", context)


@login_required
@require_POST
def resend(
    request: HttpRequest, workspace_id: UUID, invitation_id: UUID
) -> HttpResponse:
    """Send an invitation again."""
    act = partial(
        resend_invitation,
        workspace_id=workspace_id,
        invitation_id=invitation_id,
        link=invitation_link(request),
        **acting(request),
    )
    attempt(request, act, "Sent again. The link of the earlier mail is void.")
    return redirect(TAB, workspace_id=workspace_id)


@login_required
@require_POST
def revoke(
    request: HttpRequest, workspace_id: UUID, invitation_id: UUID
) -> HttpResponse:
    """Take an invitation back."""
    act = partial(
        revoke_invitation,
        workspace_id=workspace_id,
        invitation_id=invitation_id,
        **acting(request),
    )
    attempt(request, act, "The invitation is taken back. Its link is void.")
    return redirect(TAB, workspace_id=workspace_id)


def _invite(request: HttpRequest, workspace_id: UUID, form: InviteForm) -> bool:
    email = form.cleaned_data["email"]
    try:
        invite(
            workspace_id=workspace_id,
            email=email,
            role=Role(form.cleaned_data["role"]),
            link=invitation_link(request),
            **acting(request),
        )
    except (ConflictError, InvalidInputError) as error:
        form.add_error("email", str(error).removeprefix("email: "))
        return False
    messages.success(request, f"An invitation is on its way to {email}.")
    return True


def _after_change(workspace_id: UUID, member: MemberRow, *, changed: bool) -> str:
    """Return to the list, which offers to undo what was changed."""
    path = reverse(TAB, kwargs={"workspace_id": workspace_id})
    query = f"?changed={member.id}&was={member.role.value}" if changed else ""
    return f"{path}{query}"


def _undo(
    request: HttpRequest, members: tuple[MemberRow, ...]
) -> dict[str, object] | None:
    """Return the member whose role was just changed, and what it was."""
    was, changed = request.GET.get("was", ""), request.GET.get("changed", "")
    found = next((one for one in members if str(one.id) == changed), None)
    if found is None or not found.is_changeable or was not in set(Role) - {found.role}:
        return None
    return {"member": found, "was": was}
