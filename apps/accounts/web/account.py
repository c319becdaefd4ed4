"""A person's own page, and their sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.usersessions.adapter import get_adapter as get_sessions_adapter
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.web.people_forms import ProfileForm

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Show and change what a person is called."""
    person = request.user
    if not person.is_authenticated:  # for the type: nobody else comes here
        raise PermissionDenied
    form = ProfileForm(request.POST or None, initial={"name": person.name})
    if form.is_valid():
        form.save(person)
        messages.success(request, "Your name is saved.")
        return HttpResponseRedirect(reverse("account"))
    return render(request, "account/profile.html", {"form": form})


@login_required
@require_POST
def end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    """Sign one of a person's other sessions out."""
    session = UserSession.objects.filter(user=request.user, pk=session_id).first()
    if session is None:
        raise Http404
    if session.is_current():
        messages.error(request, "This is the session you are in: sign out instead.")
    else:
        get_sessions_adapter().end_sessions([session])
        messages.success(request, "That session is signed out.")
    return HttpResponseRedirect(reverse("usersessions_list"))
