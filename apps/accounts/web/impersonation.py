"""Pages as another person sees them: read-only, for half an hour, under a banner.

The operator's own session stays what it is. A signed flag in it makes this middleware
put the person in the place of `request.user`; the operator stays `request.operator`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from apps.accounts.selectors.impersonation import (
    SESSION_KEY,
    Impersonated,
    find_impersonated,
    unseal_impersonation,
)
from apps.accounts.services.impersonation import stop_impersonation
from apps.accounts.viewers import actor_of
from apps.core.web.errors import error_page
from apps.core.web.problems import problem, wants_problem

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from django.contrib.auth.models import AnonymousUser
    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase

    from apps.accounts.models import User

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
# Ways in and out, the operator's own pages, and what a person keeps to themselves.
HIDDEN_PARTS = ("/account/", "/admin/", "/mail/", "/sign-in/", "/sign-up/")
STOP = "stop_impersonation"
# Those of this app; higher ones add theirs.
_hidden = {
    "workspace-keys",
    "workspace-key",
    "workspace-webhooks",
    "account-keys",
    "account-key",
    "account-key-rotation",
    "account-webhook-secrets",
    "account-deliveries",
    "account-delivery-again",
}


def hide_from_operators(*views: str) -> None:
    """Keep views that make or show secrets from whoever looks as another person.

    Named as in the URL map. An app's `apps.py` calls this for its own.
    """
    _hidden.update(views)


class ImpersonationMiddleware:
    """Puts the person in the operator's place, and refuses every change."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Wrap the rest of the chain."""
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on, as the person's where the session says so."""
        # Without a cookie there is no flag, and no session is asked for.
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return self._get_response(request)
        sealed = request.session.get(SESSION_KEY)
        if sealed is None:
            return self._get_response(request)
        found = find_impersonated(sealed, request.user, timezone.now())
        if found is None:
            return self._end(request, sealed)
        _put_in_place(request, found)
        if request.method not in SAFE and request.path_info != reverse(STOP):
            return _refuse(request, f"You look as {found.person}: change nothing.")
        response = self._get_response(request)
        response.headers["Cache-Control"] = "no-store, private"
        return response

    def process_view(
        self, request: HttpRequest, _view: Any, _args: Any, _kwargs: Any
    ) -> HttpResponse | None:
        """Refuse what a person keeps to themselves."""
        if getattr(request, "impersonated", None) is None:
            return None
        match = request.resolver_match
        names_it = match is not None and match.view_name in _hidden
        if names_it or request.path_info.startswith(HIDDEN_PARTS):
            return _refuse(request, "This page is not shown to who looks as another.")
        return None

    def _end(self, request: HttpRequest, sealed: object) -> HttpResponseBase:
        """Go on as the operator, whose next change must not be one by mistake."""
        del request.session[SESSION_KEY]
        flag = unseal_impersonation(sealed)
        if flag is not None and flag.operator_id == request.user.pk:
            now = timezone.now()
            why = "time" if now >= flag.ends_at else "refused"
            stop_impersonation(flag=flag, actor=actor_of(request), now=now, why=why)
        if request.method not in SAFE:
            return _refuse(request, "Your look as another person has ended.")
        return self._get_response(request)


@require_POST
def stop(request: HttpRequest) -> HttpResponse:
    """End the look, and lead back to where it began."""
    found: Impersonated | None = getattr(request, "impersonated", None)
    if found is None:
        return HttpResponseRedirect(reverse("home"))
    del request.session[SESSION_KEY]
    stop_impersonation(
        flag=found.flag, actor=actor_of(request), now=timezone.now(), why="stopped"
    )
    messages.success(request, f"You no longer look as {found.person}.")
    back = reverse("admin:accounts_user_change", args=[found.person.pk])
    return HttpResponseRedirect(back)


async def _answer(person: User) -> User | AnonymousUser:
    return person


def _put_in_place(request: HttpRequest, found: Impersonated) -> None:
    request.operator = request.user  # type: ignore[attr-defined]
    request.impersonated = found  # type: ignore[attr-defined]
    request.user = found.person
    request.auser = partial(_answer, found.person)
    structlog.contextvars.bind_contextvars(impersonated_id=str(found.person.pk))


def _refuse(request: HttpRequest, detail: str) -> HttpResponse:
    if wants_problem(request):
        return problem(403, "forbidden", detail)
    return error_page(request, 403, detail)
