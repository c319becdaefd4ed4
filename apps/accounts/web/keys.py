"""The pages of a workspace's keys."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.domain.keys import KeyPower, Scope
from apps.accounts.domain.tiers import Entitlement
from apps.accounts.selectors.entitlements import entitlements
from apps.accounts.selectors.keys import (
    get_keys_workspace,
    get_manageable_key,
    list_keys,
)
from apps.accounts.services.keys import (
    NewKey,
    create_key,
    rename_key,
    revoke_key,
    rotate_key,
)
from apps.accounts.viewers import acting, viewer_of
from apps.accounts.web.key_forms import KeyForm, RenameForm, RevokeForm, RotateForm
from apps.accounts.web.tabs import workspace_context
from apps.core.errors import AppError, NotFoundError

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

VIEW = "workspace-keys"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def keys_page(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """List the keys, and make the one that the form asks for."""
    viewer, now = viewer_of(request), timezone.now()
    workspace = get_keys_workspace(viewer, workspace_id)
    is_sent = request.method == "POST"
    form = KeyForm(request.POST if is_sent else None)
    if is_sent and form.is_valid():
        try:
            made = _create(request, workspace_id, form)
        except NotFoundError:
            raise
        except AppError as error:
            form.add_error(None, str(error))
        else:
            return _show_once(request, workspace_id, made)
    entitled = entitlements(workspace_id, now)
    context = workspace_context(workspace, VIEW) | {
        "form": form,
        "keys": list_keys(viewer, workspace_id, now=now),
        "may_list": entitled.allows(Entitlement.IP_ALLOW_LISTS),
    }
    return render(
        request, "accounts/keys.html", context, status=422 if is_sent else 200
    )


@login_required
@require_http_methods(["GET", "HEAD"])
def key_page(request: HttpRequest, workspace_id: UUID, key_id: UUID) -> HttpResponse:
    """Show a key with what can be done to it."""
    return _show_key(request, workspace_id, key_id)


@login_required
@require_POST
def rename(request: HttpRequest, workspace_id: UUID, key_id: UUID) -> HttpResponse:
    """Give a key another name."""
    form = RenameForm(request.POST)
    if not form.is_valid():
        return _show_key(request, workspace_id, key_id, rename=form)
    rename_key(
        workspace_id=workspace_id,
        key_id=key_id,
        name=form.cleaned_data["name"],
        **acting(request),
    )
    messages.success(request, "The key has its new name.")
    return redirect("workspace-key", workspace_id=workspace_id, key_id=key_id)


@login_required
@require_POST
def rotate(request: HttpRequest, workspace_id: UUID, key_id: UUID) -> HttpResponse:
    """Make a key like another, and have the other end after an overlap."""
    form = RotateForm(request.POST)
    if not form.is_valid():
        return _show_key(request, workspace_id, key_id, rotate=form)
    made = rotate_key(
        workspace_id=workspace_id,
        key_id=key_id,
        overlap=timedelta(hours=int(form.cleaned_data["overlap"])),
        **acting(request),
    )
    return _show_once(request, workspace_id, made)


@login_required
@require_POST
def revoke(request: HttpRequest, workspace_id: UUID, key_id: UUID) -> HttpResponse:
    """Revoke a key, once one says to mean it."""
    form = RevokeForm(request.POST)
    if not form.is_valid():
        return _show_key(request, workspace_id, key_id, revoke=form)
    revoke_key(
        workspace_id=workspace_id,
        key_id=key_id,
        **acting(request),
    )
    messages.success(request, "The key is revoked.")
    return redirect(VIEW, workspace_id=workspace_id)


def _create(request: HttpRequest, workspace_id: UUID, form: KeyForm) -> NewKey:
    asked, life, doing = form.cleaned_data, form.life_of_key, acting(request)
    return create_key(
        workspace_id=workspace_id,
        name=asked["name"],
        power=KeyPower(asked["power"]),
        scopes=[Scope(name) for name in asked["scopes"]],
        expires_at=None if life is None else doing["now"] + life,
        networks=asked["networks"].split(),
        **doing,
    )


@never_cache
def _show_once(request: HttpRequest, workspace_id: UUID, made: NewKey) -> HttpResponse:
    """Show a key as the answer to the form that made it: no address leads back here."""
    viewer, now = viewer_of(request), timezone.now()
    context = workspace_context(get_keys_workspace(viewer, workspace_id), VIEW) | {
        "key": get_manageable_key(viewer, workspace_id, made.id, now=now),
        "secret": made.secret,
        "address": request.build_absolute_uri("/api/v1/runs"),
    }
    return render(request, "accounts/new_key.html", context, status=201)


def _show_key(
    request: HttpRequest, workspace_id: UUID, key_id: UUID, **forms: object
) -> HttpResponse:
    viewer = viewer_of(request)
    key = get_manageable_key(viewer, workspace_id, key_id, now=timezone.now())
    context = workspace_context(get_keys_workspace(viewer, workspace_id), VIEW) | {
        "key": key,
        "rename": RenameForm(initial={"name": key.name}),
        "rotate": RotateForm(),
        "revoke": RevokeForm(),
        **forms,
    }
    status = 422 if forms else 200
    return render(request, "accounts/key.html", context, status=status)
