"""What staff and members may do with runs from the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.viewers import staff_of, viewer_of
from apps.benchmarks.selectors.runs import get_run, may_cancel, may_resume
from apps.benchmarks.selectors.suites import get_suite_version, list_suite_versions
from apps.benchmarks.services.on_demand import resume_on_demand
from apps.benchmarks.services.runs import cancel_run, create_run, resume_run
from apps.benchmarks.web.forms import NewRunForm
from apps.benchmarks.web.leaderboard import DEFAULT_SUITE
from apps.benchmarks.web.on_demand import new_run_on_demand
from apps.catalog.selectors.models import list_models
from apps.core.errors import ConflictError, ForbiddenError, InvalidInputError

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from apps.accounts.selectors.workspaces import Viewer


@require_http_methods(["GET", "HEAD", "POST"])
def new_run(request: HttpRequest) -> HttpResponse:
    """Show the form, or start what it asks for and go to the run.

    Staff run what everybody sees, with the operator's keys; members, and staff who name
    a workspace, run what is their workspace's alone.
    """
    names_workspace = "workspace" in request.GET or "workspace" in request.POST
    if names_workspace or not viewer_of(request).is_staff:
        return new_run_on_demand(request)
    viewer = staff_of(request)
    models = list_models(include_deprecated=False)
    offered = [model for model in models if model.is_available]
    suites = list_suite_versions(viewer)
    form = NewRunForm(
        suites,
        offered,
        data=request.POST if request.method == "POST" else None,
        initial={"suite": request.GET.get("suite", DEFAULT_SUITE), "epochs": 1},
    )
    if form.is_bound and form.is_valid():
        try:
            return redirect("run", run_id=_start(form, viewer))
        except InvalidInputError as error:
            form.add_error(None, str(error))
    context = {
        "form": form,
        "left_out": [model for model in models if not model.is_available],
    }
    status = 422 if form.is_bound else 200
    return render(request, "benchmarks/new_run.html", context, status=status)


@require_POST
def cancel(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Cancel a run; what is finished stays."""
    viewer = viewer_of(request)
    if not may_cancel(viewer, get_run(viewer, run_id).run):
        raise ForbiddenError("Only staff, and members for their own runs, may do that.")
    cancel_run(run_id=run_id, now=timezone.now(), reason="Cancelled from the page.")
    messages.success(request, "The run is cancelled; finished samples are kept.")
    return redirect("run", run_id=run_id)


@require_POST
def resume(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Take a run up again where it ended."""
    viewer = viewer_of(request)
    run = get_run(viewer, run_id).run
    if not may_resume(viewer, run):
        raise ForbiddenError("Only staff, and members for their own runs, may do that.")
    again = resume_on_demand if run.is_on_demand else resume_run
    try:
        again(run_id=run_id, now=timezone.now())
    except (ConflictError, InvalidInputError) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "The run goes on; what has a verdict is kept.")
    return redirect("run", run_id=run_id)


def _start(form: NewRunForm, viewer: Viewer) -> UUID:
    asked = form.cleaned_data
    return create_run(
        suite_version_id=get_suite_version(viewer, asked["suite"]).id,
        model_ids=[UUID(model_id) for model_id in asked["models"]],
        epochs=asked["epochs"],
        limit=asked["limit"],
        max_cost=asked["max_cost"],
        trigger="page",
        now=timezone.now(),
        created_by_id=viewer.user_id,
    )
