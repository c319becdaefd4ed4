"""The page of a workspace's credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.domain.roles import Power
from apps.accounts.viewers import actor_of, viewer_of, workspace_of
from apps.accounts.web.tabs import workspace_context
from apps.catalog.pipelines.own_keys import try_credential
from apps.catalog.selectors.own_keys import list_credentials, list_keyed_providers
from apps.catalog.services.own_keys import remove_credential, store_credential
from apps.catalog.web.forms import CredentialForm
from apps.core.errors import InvalidInputError, NotFoundError

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

VIEW = "workspace-credentials"


@sensitive_post_parameters("key")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def credentials_page(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """Show what is stored; store what the form brings."""
    is_sent = request.method == "POST"
    needs = Power.CREDENTIALS if is_sent else Power.VIEW
    workspace = workspace_of(request, workspace_id, needs=needs)
    providers = list_keyed_providers()
    form = CredentialForm(providers, data=request.POST if is_sent else None)
    if is_sent and form.is_valid():
        try:
            is_first = store_credential(
                workspace_id=workspace_id,
                actor=actor_of(request),
                now=timezone.now(),
                **form.cleaned_data,
            )
        except (InvalidInputError, NotFoundError) as error:
            form.add_error(None, str(error))
        else:
            verb = "stored" if is_first else "replaced"
            messages.success(request, f"The key is {verb}. It is not shown again.")
            return redirect(VIEW, workspace_id=workspace_id)
    context = workspace_context(workspace, VIEW) | {
        "form": form,
        "credentials": list_credentials(viewer_of(request), workspace_id),
        "may_store": workspace.allows(Power.CREDENTIALS),
    }
    status = 422 if is_sent else 200
    return render(request, "catalog/credentials.html", context, status=status)


@login_required
@require_POST
def remove(request: HttpRequest, workspace_id: UUID, provider: str) -> HttpResponse:
    """Remove the key for a provider."""
    workspace_of(request, workspace_id, needs=Power.CREDENTIALS)
    remove_credential(
        workspace_id=workspace_id,
        provider=provider,
        actor=actor_of(request),
        now=timezone.now(),
    )
    messages.success(request, f"The key for {provider} is removed.")
    return redirect(VIEW, workspace_id=workspace_id)


@login_required
@require_POST
def test(request: HttpRequest, workspace_id: UUID, provider: str) -> HttpResponse:
    """Ask the provider for its models, and say whether it answered."""
    workspace_of(request, workspace_id, needs=Power.CREDENTIALS)
    trial = try_credential(workspace_id=workspace_id, provider=provider)
    if trial.is_accepted:
        listed = f"{trial.models} model{'' if trial.models == 1 else 's'}"
        messages.success(request, f"{provider} answered and lists {listed}.")
    else:
        messages.error(request, f"{provider} did not list its models: {trial.detail}")
    return redirect(VIEW, workspace_id=workspace_id)
