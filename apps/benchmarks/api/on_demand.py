"""Runs on demand over REST: started, cancelled and resumed by their workspace."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Status

from apps.accounts.domain.roles import Power
from apps.accounts.services.idempotency import Answer
from apps.accounts.viewers import actor_of, viewer_of, workspace_for
from apps.accounts.web.once import respond_once
from apps.benchmarks.api.on_demand_schemas import (
    EstimateOut,
    ResumeIn,
    RunBenchmarkIn,
    StartedOut,
)
from apps.benchmarks.api.schemas import RunOut
from apps.benchmarks.selectors.runs import get_run, may_cancel, may_resume
from apps.benchmarks.services.on_demand import (
    admit_on_demand,
    resume_on_demand,
    start_on_demand,
)
from apps.benchmarks.services.runs import cancel_run, resume_run
from apps.core.errors import ForbiddenError
from apps.core.web.schemas import IdempotencyKey, Problem

router = Router(tags=["Runs on demand"])

REFUSALS = dict.fromkeys((401, 403, 404, 409, 422), Problem)


@router.post(
    "/benchmarks/run",
    response={202: StartedOut, **REFUSALS},
    operation_id="run_benchmark",
)
def run_benchmark(
    request: HttpRequest, body: RunBenchmarkIn, idempotency_key: IdempotencyKey = None
) -> HttpResponse:
    """Start a run of models over a suite, and say where to see how it stands.

    It belongs to the workspace and asks with its credentials, or the embedded model.
    When it ends, `webhook_url` is called, signed as Standard Webhooks says.
    """
    workspace = workspace_for(request, body.workspace, needs=Power.RUN)
    now = timezone.now()
    admit_on_demand(
        workspace_id=workspace.id, webhook_url=body.webhook_url or "", now=now
    )

    def act() -> Answer:
        started = start_on_demand(
            workspace_id=workspace.id,
            asked=body.read(),
            trigger="api",
            actor=actor_of(request),
            now=now,
        )
        address = f"/api/v1/runs/{started.run_id}"
        told = StartedOut(
            run_id=started.run_id,
            status=started.status,
            status_url=address,
            estimate=EstimateOut(samples=started.samples, cost=started.cost),
        )
        return Answer(202, told.model_dump_json(), {"Location": address})

    return respond_once(request, workspace_id=workspace.id, now=now, act=act)


@router.post(
    "/runs/{run_id}/cancel",
    response={200: RunOut, **REFUSALS},
    operation_id="cancel_run",
)
def cancel(request: HttpRequest, run_id: UUID) -> object:
    """Cancel a run of the workspace; what is finished is kept."""
    viewer = viewer_of(request)
    if not may_cancel(viewer, get_run(viewer, run_id).run):
        raise ForbiddenError("Only members who may run can cancel their own runs.")
    cancel_run(run_id=run_id, now=timezone.now(), reason="Cancelled over the API.")
    return get_run(viewer, run_id).run


@router.post(
    "/runs/{run_id}/resume",
    response={202: RunOut, **REFUSALS},
    operation_id="resume_run",
)
def resume(request: HttpRequest, run_id: UUID, body: ResumeIn) -> object:
    """Take a run up again where it ended, perhaps with another cost limit."""
    viewer, now = viewer_of(request), timezone.now()
    run = get_run(viewer, run_id).run
    if not may_resume(viewer, run):
        raise ForbiddenError("Only members who may run can resume their own runs.")
    again = resume_on_demand if run.is_on_demand else resume_run
    again(run_id=run_id, now=now, max_cost=body.max_cost)
    return Status(202, get_run(viewer, run_id).run)
