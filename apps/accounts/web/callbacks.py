"""The page of a workspace's callbacks."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.domain.roles import Power
from apps.accounts.selectors.webhooks import list_deliveries, read_secrets
from apps.accounts.services.deliveries import send_again
from apps.accounts.services.webhooks import rotate_secret
from apps.accounts.viewers import actor_of, viewer_of, workspace_of
from apps.accounts.web.tabs import workspace_context
from apps.core.errors import ConflictError, InvalidInputError
from apps.core.web.queries import with_query

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

VIEW = "workspace-webhooks"


@never_cache
@login_required
@require_safe
def webhooks_page(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """Show what callbacks are signed with, and how they went."""
    workspace = workspace_of(request, workspace_id)
    may_see = workspace.allows(Power.CREDENTIALS)
    page = list_deliveries(
        viewer_of(request), workspace_id, cursor=_read_cursor(request)
    )
    after = page.next_cursor
    context = workspace_context(workspace, VIEW) | {
        "may_see": may_see,
        "may_send": workspace.allows(Power.RUN),
        "secrets": read_secrets(workspace_id, timezone.now()) if may_see else (),
        "deliveries": page.rows,
        "next_href": with_query(request, cursor=str(after)) if after else "",
    }
    return render(request, "accounts/webhooks.html", context)


@login_required
@require_POST
def rotate(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """Put a new secret in the place of the current one."""
    workspace_of(request, workspace_id, needs=Power.CREDENTIALS)
    rotate_secret(
        workspace_id=workspace_id, actor=actor_of(request), now=timezone.now()
    )
    messages.success(request, "There is a new secret. One before it signs for a day.")
    return redirect(VIEW, workspace_id=workspace_id)


@login_required
@require_POST
def again(request: HttpRequest, workspace_id: UUID, delivery_id: UUID) -> HttpResponse:
    """Send a callback that is over once more."""
    workspace_of(request, workspace_id, needs=Power.RUN)
    try:
        send_again(
            workspace_id=workspace_id, delivery_id=delivery_id, now=timezone.now()
        )
    except ConflictError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "It is sent again.")
    return redirect(VIEW, workspace_id=workspace_id)


def _read_cursor(request: HttpRequest) -> UUID | None:
    text = request.GET.get("cursor", "")
    try:
        return UUID(text) if text else None
    except ValueError:
        raise InvalidInputError("cursor is that of the page before.") from None
