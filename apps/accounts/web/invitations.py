"""The page that the link of an invitation opens.

Whoever has the address can read what is offered. It is kept from leaking: nothing is
told about it to the next page, no cache keeps it, and the log leaves it out.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.domain.invitations import InvitationState
from apps.accounts.selectors.invitations import get_offer
from apps.accounts.services.joining import accept_invitation, decline_invitation
from apps.accounts.viewers import acting, viewer_of
from apps.accounts.web.workspace_forms import WHAT_ROLES_DO
from apps.core.errors import ConflictError

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse


def _discreet(
    view: Callable[[HttpRequest, str], HttpResponse],
) -> Callable[[HttpRequest, str], HttpResponse]:
    """Keep the address of a page to itself.

    `no-referrer` would also hide where a form comes from, and the form were refused.
    """

    @wraps(view)
    def discreet(request: HttpRequest, token: str) -> HttpResponse:
        response = view(request, token)
        response["Referrer-Policy"] = "strict-origin"
        response["X-Robots-Tag"] = "noindex"
        return response

    return discreet


@never_cache
@_discreet
@require_safe
def invitation_page(request: HttpRequest, token: str) -> HttpResponse:
    """Show what is offered and how to take it."""
    offer = get_offer(viewer_of(request), token, now=timezone.now())
    back = urlencode({"next": request.path})
    is_open = offer.state is InvitationState.OPEN
    context = {
        "offer": offer,
        "token": token,
        "is_open": is_open,
        "role_does": WHAT_ROLES_DO[offer.role],
        "sign_in": f"{resolve_url(settings.LOGIN_URL)}?{back}",
    }
    status = 200 if is_open or offer.is_member else 410
    return render(request, "accounts/invitation.html", context, status=status)


@never_cache
@_discreet
@require_POST
def sign_up(request: HttpRequest, token: str) -> HttpResponse:
    """Go to sign up with an address that the link has proven."""
    offer = get_offer(viewer_of(request), token, now=timezone.now())
    if offer.state is InvitationState.OPEN:
        # Whoever has the link has read the mail: no code needs to be sent there.
        get_adapter(request).stash_verified_email(request, offer.email)
    back = urlencode({"next": reverse("invitation", kwargs={"token": token})})
    return redirect(f"{reverse('account_signup')}?{back}")


@never_cache
@_discreet
@login_required
@require_POST
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Take the place that is offered."""
    try:
        workspace_id = accept_invitation(token=token, **acting(request))
    except ConflictError as error:
        messages.error(request, str(error))
        return redirect("invitation", token=token)
    messages.success(request, "Welcome: you are a member now.")
    return redirect("workspace", workspace_id=workspace_id)


@never_cache
@_discreet
@login_required
@require_POST
def decline(request: HttpRequest, token: str) -> HttpResponse:
    """Turn down the place that is offered."""
    try:
        decline_invitation(token=token, **acting(request))
    except ConflictError as error:
        messages.error(request, str(error))
        return redirect("invitation", token=token)
    messages.success(request, "You have declined the invitation.")
    return redirect("workspaces")
