"""What is written over REST: experiments, predictions, and whether they are watched."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from apps.accounts.domain.roles import Power
from apps.accounts.services.idempotency import Answer
from apps.accounts.viewers import actor_of, somebody_of, workspace_for
from apps.accounts.web.once import respond_once
from apps.core.errors import (
    ConflictError,
    Fault,
    ForbiddenError,
    InvalidFieldsError,
)
from apps.core.web.schemas import IdempotencyKey, Problem
from apps.predictions.api.routers import router as router  # noqa: PLC0414 - mounted
from apps.predictions.api.schemas_in import (
    BatchIn,
    BatchOut,
    ExperimentIn,
    ExperimentOut,
    ExperimentPatchIn,
    PredictionsIn,
    RecordedOut,
)
from apps.predictions.domain.entries import EntriesRefusedError
from apps.predictions.domain.words import ExperimentKind
from apps.predictions.pipelines.freshening import freshen_markets
from apps.predictions.selectors.predictions import (
    ExperimentRow,
    PredictionRow,
    get_experiment,
    get_named_experiment,
    get_prediction,
    may_write,
)
from apps.predictions.services.experiments import (
    create_experiment,
    publish_experiment,
    rename_experiment,
)
from apps.predictions.services.predictions import record_predictions
from apps.predictions.services.steering import pause_prediction, resume_prediction

if TYPE_CHECKING:
    from collections.abc import Callable

    from ninja import Schema


REFUSALS = dict.fromkeys((401, 403, 404, 409, 422), Problem)


@router.post(
    "/predictions",
    response={201: RecordedOut | BatchOut, **REFUSALS},
    operation_id="record_predictions",
    url_name="record-predictions",
)
def record(
    request: HttpRequest, body: PredictionsIn, idempotency_key: IdempotencyKey = None
) -> HttpResponse:
    """Record one prediction, or up to 1,000 of one experiment: all of them or none.

    Each stands beside the market's newest price, which is fetched where ours is older
    than a minute, and can never be changed. A batch is answered with its predictions
    in the order of the sent ones.
    """
    sent = body.root
    experiment = _experiment_to_fill(request, sent.experiment, sent.workspace)
    several = sent.predictions if isinstance(sent, BatchIn) else [sent]
    freshen_markets([one.read().market for one in several], clock=timezone.now)
    now = timezone.now()

    def act() -> Answer:
        if isinstance(sent, BatchIn):
            entries = [one.read() for one in sent.predictions]
            rows = record_predictions(
                experiment_id=experiment.id, entries=entries, now=now
            )
            recorded = [RecordedOut.from_orm(row) for row in rows]
            return Answer(201, BatchOut(predictions=recorded).model_dump_json())
        try:
            (row,) = record_predictions(
                experiment_id=experiment.id, entries=[sent.read()], now=now
            )
        except EntriesRefusedError as error:
            # Whoever sends one prediction has not numbered it.
            faults = [Fault(one.field, one.what) for one in error.entries]
            raise InvalidFieldsError(faults) from error
        return _made(RecordedOut.from_orm(row), f"/api/v1/predictions/{row.id}")

    workspace_id = _owner_of(experiment)
    return respond_once(request, workspace_id=workspace_id, now=now, act=act)


@router.post(
    "/experiments",
    response={201: ExperimentOut, **REFUSALS},
    operation_id="create_experiment",
    url_name="create-experiment",
)
def begin(
    request: HttpRequest, body: ExperimentIn, idempotency_key: IdempotencyKey = None
) -> HttpResponse:
    """Begin an experiment of a workspace, which predictions are then sent to."""
    workspace = workspace_for(request, body.workspace, needs=Power.RUN)
    now = timezone.now()

    def act() -> Answer:
        made = create_experiment(
            workspace_id=workspace.id,
            kind=ExperimentKind.SUBMITTED,
            created_by_id=actor_of(request).user_id,
            now=now,
            **body.model_dump(exclude={"workspace"}),
        )
        return _made(ExperimentOut.from_orm(made), f"/api/v1/experiments/{made.id}")

    return respond_once(request, workspace_id=workspace.id, now=now, act=act)


@router.patch(
    "/experiments/{uuid:experiment_id}",
    response={200: ExperimentOut, **REFUSALS},
    operation_id="change_experiment",
    url_name="change-experiment",
)
def change(
    request: HttpRequest, experiment_id: UUID, body: ExperimentPatchIn
) -> object:
    """Give an experiment another title, or show it to everybody, for good."""
    viewer = somebody_of(request)
    row = get_experiment(viewer, experiment_id)
    if not may_write(viewer, row.workspace_id):
        raise ForbiddenError("Only members who may run can change their experiments.")
    if body.is_public is False and row.is_public:
        raise ConflictError(
            f"{row.name} is published for good: what everybody has seen is not hidden."
        )
    if body.title is not None:
        row = rename_experiment(experiment_id=experiment_id, title=body.title)
    if body.is_public:
        row = publish_experiment(experiment_id=experiment_id, now=timezone.now())
    return row


@router.post(
    "/predictions/{uuid:prediction_id}/pause",
    response={200: RecordedOut, **REFUSALS},
    operation_id="pause_prediction",
    url_name="pause-prediction",
)
def pause(request: HttpRequest, prediction_id: UUID) -> object:
    """Stop looking at a prediction every hour; its settlement still counts."""
    return _steer(request, prediction_id, pause_prediction)


@router.post(
    "/predictions/{uuid:prediction_id}/resume",
    response={200: RecordedOut, **REFUSALS},
    operation_id="resume_prediction",
    url_name="resume-prediction",
)
def resume(request: HttpRequest, prediction_id: UUID) -> object:
    """Look at a paused prediction every hour again."""
    return _steer(request, prediction_id, resume_prediction)


def _steer(
    request: HttpRequest, prediction_id: UUID, steer: Callable[..., None]
) -> PredictionRow:
    viewer = somebody_of(request)
    row = get_prediction(viewer, prediction_id)
    if not may_write(viewer, row.workspace_id):
        raise ForbiddenError("Only members who may run can pause their predictions.")
    steer(prediction_id=prediction_id, now=timezone.now())
    return get_prediction(viewer, prediction_id)


def _experiment_to_fill(
    request: HttpRequest, named: str, workspace_id: UUID | None
) -> ExperimentRow:
    """Return the experiment that a request may send predictions to."""
    viewer = somebody_of(request)
    experiment_id = _read_id(named)
    if experiment_id is None:
        workspace = workspace_for(request, workspace_id, needs=Power.RUN)
        row = get_named_experiment(viewer, workspace.id, named)
    else:
        row = get_experiment(viewer, experiment_id)
        workspace_for(request, _owner_of(row), needs=Power.RUN)
    if row.kind is not ExperimentKind.SUBMITTED or row.is_backtest:
        raise ConflictError(
            f"The predictions of {row.name} are made here and not sent: begin an"
            " experiment of your own."
        )
    return row


def _owner_of(experiment: ExperimentRow) -> UUID:
    if experiment.workspace_id is None:
        raise ForbiddenError(
            "The operator's experiments take predictions from the command line alone."
        )
    return experiment.workspace_id


def _read_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _made(told: Schema, address: str) -> Answer:
    return Answer(201, told.model_dump_json(), {"Location": address})
