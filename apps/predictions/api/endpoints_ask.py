"""Having models asked over REST, with the keys of the workspace that wants it."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Status

from apps.accounts.domain.roles import Power
from apps.accounts.services.idempotency import Answer
from apps.accounts.viewers import (
    actor_of,
    require_bulk,
    somebody_of,
    workspace_for,
)
from apps.accounts.web.once import respond_once
from apps.core.errors import ForbiddenError
from apps.core.web.queries import with_query
from apps.core.web.schemas import CSV_ANSWER, IdempotencyKey, Page, Problem
from apps.core.web.twins import csv_response
from apps.predictions.api.routers import router
from apps.predictions.api.schemas_ask import (
    AskedExperimentOut,
    AskEstimateOut,
    AskIn,
    AskResumeIn,
    AskRunOut,
    AskRunQuery,
    AskStartedOut,
)
from apps.predictions.domain.words import AskStatus
from apps.predictions.selectors.ask_lines import (
    RESULT_COLUMNS,
    RUN_COLUMNS,
    to_result_line,
    to_run_line,
)
from apps.predictions.selectors.ask_runs import (
    AskRunPage,
    get_ask_run,
    list_ask_runs,
    may_cancel_ask,
    may_resume_ask,
)
from apps.predictions.selectors.naming import find_experiment
from apps.predictions.services.ask_steering import cancel_ask, resume_own_ask
from apps.predictions.services.asks import admit_ask, start_ask

REFUSALS = dict.fromkeys((401, 403, 404, 409, 422), Problem)


@router.post(
    "/predictions/run",
    response={202: AskStartedOut, **REFUSALS},
    operation_id="ask_models",
    url_name="ask-models",
)
def ask(
    request: HttpRequest, body: AskIn, idempotency_key: IdempotencyKey = None
) -> HttpResponse:
    """Have models predict markets, and say where to see how it stands.

    They are asked with the workspace's credentials, or the embedded model is. Each
    prediction stands beside the market's price at the moment when it is recorded. When
    all is asked, `webhook_url` is called, signed as Standard Webhooks says.
    """
    workspace = workspace_for(request, body.workspace, needs=Power.RUN)
    now = timezone.now()
    admit_ask(workspace_id=workspace.id, webhook_url=body.webhook_url or "", now=now)

    def act() -> Answer:
        started = start_ask(
            workspace_id=workspace.id,
            asked=body.read(),
            trigger="api",
            actor=actor_of(request),
            now=now,
        )
        address = f"/api/v1/predictions/runs/{started.run_id}"
        told = AskStartedOut(
            run_id=started.run_id,
            status=started.status,
            status_url=address,
            experiments=[
                AskedExperimentOut(id=one.id, name=one.name, model=one.model)
                for one in started.experiments
            ],
            estimate=AskEstimateOut(
                markets=started.markets,
                questions=started.questions,
                cost=started.cost,
            ),
        )
        return Answer(202, told.model_dump_json(), {"Location": address})

    return respond_once(request, workspace_id=workspace.id, now=now, act=act)


@router.get(
    "/predictions/runs",
    response={200: Page[AskRunOut], 401: Problem, 404: Problem, 422: Problem},
    operation_id="list_askings",
)
def askings(request: HttpRequest, asked: Query[AskRunQuery]) -> dict[str, object]:
    """List the askings of one's workspaces, the newest first.

    A `limit` above 100 is a bulk export.
    """
    page = _read_page(request, asked)
    items = [AskRunOut.read(row) for row in page.rows]
    return {"items": items, "next_cursor": page.next_cursor}


@router.get(
    "/predictions/runs.csv",
    response={401: Problem, 404: Problem, 422: Problem},
    operation_id="askings_csv",
    openapi_extra=CSV_ANSWER,
)
def askings_csv(request: HttpRequest, asked: Query[AskRunQuery]) -> HttpResponse:
    """Return a page of askings as CSV, a line for each, with what became of it."""
    page = _read_page(request, asked)
    cursor = page.next_cursor
    after = with_query(request, cursor=str(cursor)) if cursor else ""
    lines = [to_run_line(row) for row in page.rows]
    return csv_response("askings", RUN_COLUMNS, lines, next_url=after)


@router.get(
    "/predictions/runs/{uuid:asking_id}",
    response={200: AskRunOut, 401: Problem, 404: Problem},
    operation_id="get_asking",
    url_name="get-asking",
)
def asking(request: HttpRequest, asking_id: UUID) -> object:
    """Say how an asking of one's workspace stands, model by model."""
    return AskRunOut.read(get_ask_run(somebody_of(request), asking_id))


@router.get(
    "/predictions/runs/{uuid:asking_id}.csv",
    response={401: Problem, 404: Problem},
    operation_id="asking_csv",
    openapi_extra=CSV_ANSWER,
)
def asking_csv(request: HttpRequest, asking_id: UUID) -> HttpResponse:
    """Return how an asking stands as CSV, a line for each model."""
    row = get_ask_run(somebody_of(request), asking_id)
    lines = [to_result_line(row, one) for one in row.results]
    return csv_response(f"asking-{asking_id}", RESULT_COLUMNS, lines)


@router.post(
    "/predictions/runs/{uuid:asking_id}/cancel",
    response={200: AskRunOut, **REFUSALS},
    operation_id="cancel_asking",
    url_name="cancel-asking",
)
def cancel(request: HttpRequest, asking_id: UUID) -> object:
    """Ask no more; what is answered by then is kept, and can be resumed from there.

    A cancelled asking stays as it is; 409 where it is over.
    """
    viewer = somebody_of(request)
    if not may_cancel_ask(viewer, get_ask_run(viewer, asking_id)):
        raise ForbiddenError("Only members who may run can cancel their askings.")
    cancel_ask(run_id=asking_id, reason="Cancelled over the API.", now=timezone.now())
    return AskRunOut.read(get_ask_run(viewer, asking_id))


@router.post(
    "/predictions/runs/{uuid:asking_id}/resume",
    response={202: AskRunOut, **REFUSALS},
    operation_id="resume_asking",
    url_name="resume-asking",
)
def resume(request: HttpRequest, asking_id: UUID, body: AskResumeIn) -> object:
    """Take an asking up again where it ended, perhaps with another cost limit.

    It asks what is missing and nothing else; 409 where it goes on, or nothing is left.
    """
    viewer = somebody_of(request)
    if not may_resume_ask(viewer, get_ask_run(viewer, asking_id)):
        raise ForbiddenError("Only members who may run can resume their askings.")
    resume_own_ask(run_id=asking_id, max_cost=body.max_cost, now=timezone.now())
    return Status(202, AskRunOut.read(get_ask_run(viewer, asking_id)))


def _read_page(request: HttpRequest, asked: AskRunQuery) -> AskRunPage:
    viewer = somebody_of(request)
    require_bulk(request, asked.limit, timezone.now())
    named = asked.experiment
    return list_ask_runs(
        viewer,
        workspace_id=asked.workspace,
        experiment_id=None if named is None else find_experiment(viewer, named).id,
        status=None if asked.status is None else AskStatus(asked.status),
        cursor=asked.cursor,
        limit=asked.limit,
    )
