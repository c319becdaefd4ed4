"""Having models asked over REST, with the keys of the workspace that wants it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Header

from apps.accounts.domain.roles import Power
from apps.accounts.services.idempotency import Answer
from apps.accounts.viewers import actor_of, somebody_of, workspace_for
from apps.accounts.web.once import respond_once
from apps.core.web.schemas import Problem
from apps.predictions.api.routers import router
from apps.predictions.api.schemas_ask import (
    AskedExperimentOut,
    AskEstimateOut,
    AskIn,
    AskRunOut,
    AskStartedOut,
)
from apps.predictions.selectors.ask_runs import get_ask_run
from apps.predictions.services.asks import admit_ask, start_ask

REFUSALS = dict.fromkeys((401, 403, 404, 409, 422), Problem)
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="Names the request: within 24 hours it is done once",
    ),
]


@router.post(
    "/predictions/run",
    response={202: AskStartedOut, **REFUSALS},
    operation_id="ask_models",
    url_name="ask-models",
)
def ask(request: HttpRequest, body: AskIn, idempotency_key: Key = None) -> HttpResponse:
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
    "/predictions/runs/{uuid:asking_id}",
    response={200: AskRunOut, 401: Problem, 404: Problem},
    operation_id="get_asking",
    url_name="get-asking",
)
def asking(request: HttpRequest, asking_id: UUID) -> object:
    """Say how an asking of one's workspace stands, model by model."""
    return AskRunOut.read(get_ask_run(somebody_of(request), asking_id))
