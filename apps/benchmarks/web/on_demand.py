"""The page on which members start a run of their workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import redirect, render
from django.utils import timezone

from apps.accounts.domain.tiers import Entitlement
from apps.accounts.viewers import actor_of
from apps.accounts.web.choosing import choose_to_run
from apps.benchmarks.domain.on_demand import Asked, Scenarios
from apps.benchmarks.selectors.on_demand import list_offered_suites
from apps.benchmarks.selectors.suites import list_categories
from apps.benchmarks.services.on_demand import admit_on_demand, start_on_demand
from apps.benchmarks.web.forms import OnDemandForm
from apps.benchmarks.web.leaderboard import DEFAULT_SUITE
from apps.catalog.selectors.offered import list_offered_models
from apps.core.errors import ConflictError, InvalidInputError

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from apps.accounts.domain.tiers import Entitlements
    from apps.accounts.selectors.workspaces import WorkspaceRow

REFUSAL = "Only members who may run, and staff, can start runs."


def new_run_on_demand(request: HttpRequest) -> HttpResponse:
    """Show the form of a workspace, or start what it asks for and go to the run.

    Raises:
        EntitlementError: the workspace sends the form and its tier has no such runs.
        ForbiddenError: whoever asks may run in no workspace.
    """
    now = timezone.now()
    chosen = choose_to_run(request, now, refusal=REFUSAL)
    workspace, entitled = chosen.workspace, chosen.entitled
    form = _make_form(request, workspace, entitled)
    if form.is_bound:
        entitled.require(Entitlement.RUNS_ON_DEMAND)
        if form.is_valid():
            try:
                return redirect("run", run_id=_start(request, form, workspace, now))
            except (InvalidInputError, ConflictError) as error:
                form.add_error(None, str(error))
    offered, left_out = list_offered_models(workspace.id)
    context = {
        "form": form,
        "workspace": workspace,
        "workspaces": chosen.workspaces,
        "is_entitled": chosen.is_entitled,
        "tier": entitled.tier,
        "left_out": left_out,
        "offered": offered,
    }
    status = 422 if form.is_bound else 200
    return render(request, "benchmarks/new_run_on_demand.html", context, status=status)


def _make_form(
    request: HttpRequest, workspace: WorkspaceRow, entitled: Entitlements
) -> OnDemandForm:
    suites = list_offered_suites(workspace.id, entitled)
    categories = {name for one in suites for name in list_categories(one.id)}
    return OnDemandForm(
        suites,
        list_offered_models(workspace.id)[0],
        sorted(categories),
        data=request.POST if request.method == "POST" else None,
        initial={
            "suite": request.GET.get("suite", DEFAULT_SUITE),
            "epochs": 1,
            "workspace": workspace.id,
        },
    )


def _start(
    request: HttpRequest, form: OnDemandForm, workspace: WorkspaceRow, now: datetime
) -> UUID:
    sent = form.cleaned_data
    admit_on_demand(workspace_id=workspace.id, webhook_url=sent["webhook_url"], now=now)
    asked = Asked(
        scenarios=Scenarios(sent["suite"], tuple(sent["categories"]), sent["limit"]),
        models=tuple(sent["models"]),
        iterations=sent["epochs"],
        max_cost=sent["max_cost"],
        webhook_url=sent["webhook_url"],
    )
    started = start_on_demand(
        workspace_id=workspace.id,
        asked=asked,
        trigger="page",
        actor=actor_of(request),
        now=now,
    )
    return started.run_id
