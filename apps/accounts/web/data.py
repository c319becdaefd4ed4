"""A person's own data: exported, and deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.decorators import reauthentication_required
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from apps.accounts.selectors.exports import find_last_export, get_download
from apps.accounts.services.deletion import ask_account_deletion, keep_account
from apps.accounts.services.exports import ask_export, note_download
from apps.accounts.viewers import actor_of
from apps.core.errors import AppError, ForbiddenError

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase

PAGE = "account_data"


class GoodbyeForm(forms.Form):
    """Takes the person's address, so that no slip of a hand deletes an account."""

    email = forms.CharField(label="Your e-mail address", max_length=254)

    def __init__(self, data: object, *, email: str) -> None:
        """Expect this address."""
        super().__init__(data)  # type: ignore[arg-type]
        self._email = email

    def clean_email(self) -> str:
        """Return the address.

        Raises:
            ValidationError: it is another one.
        """
        typed: str = self.cleaned_data["email"]
        if typed.strip().lower() != self._email:
            raise forms.ValidationError(f"That is not {self._email}.")
        return typed


@never_cache
@login_required
@require_safe
def data_page(request: HttpRequest) -> HttpResponse:
    """Show where the last export stands, and the way out."""
    now = timezone.now()
    context = {
        "export": find_last_export(_person(request), now),
        "grace_days": settings.DELETION_GRACE_DAYS,
    }
    return render(request, "account/data.html", context)


@login_required
@require_POST
def ask_for_export(request: HttpRequest) -> HttpResponse:
    """Have an archive built."""
    try:
        ask_export(
            user_id=_person(request),
            origin=request.build_absolute_uri("/").rstrip("/"),
            actor=actor_of(request),
            now=timezone.now(),
        )
    except AppError as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request, "Your archive is being prepared. A link comes by mail."
        )
    return redirect(PAGE)


@never_cache
@login_required
@require_safe
def download(request: HttpRequest, token: str) -> HttpResponseBase:
    """Send the archive that a link leads to."""
    now = timezone.now()
    found = get_download(_person(request), token, now)
    if request.method == "GET":
        note_download(export_id=found.export_id, actor=actor_of(request), now=now)
    response = FileResponse(
        found.file,
        as_attachment=True,
        filename=f"assay-{found.made_at:%Y-%m-%d}.zip",
        content_type="application/zip",
    )
    response.headers["Content-Length"] = str(found.size)
    return response


@never_cache
@login_required
@reauthentication_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete_page(request: HttpRequest) -> HttpResponse:
    """Ask for the address of whoever wants to go, or have the account deleted."""
    person, email = _person(request), str(request.user)
    form = GoodbyeForm(request.POST if request.method == "POST" else None, email=email)
    if form.is_valid():
        try:
            ask_account_deletion(
                user_id=person, actor=actor_of(request), now=timezone.now()
            )
        except AppError as error:
            form.add_error(None, str(error))
        else:
            return redirect(PAGE)
    context = {"form": form, "grace_days": settings.DELETION_GRACE_DAYS}
    status = 422 if form.is_bound else 200
    return render(request, "account/delete.html", context, status=status)


@login_required
@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    """Keep an account that was to be deleted."""
    kept = keep_account(
        user_id=_person(request), actor=actor_of(request), now=timezone.now()
    )
    if kept:
        messages.success(request, "Your account stays.")
    return redirect(PAGE)


def _person(request: HttpRequest) -> UUID:
    if not request.user.is_authenticated:  # for the type: nobody else comes here
        raise ForbiddenError("Sign in first.")
    return request.user.pk
