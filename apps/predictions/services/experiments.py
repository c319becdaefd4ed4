"""Beginning, naming and publishing experiments."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.core.errors import (
    ConflictError,
    Fault,
    InvalidFieldsError,
    NotFoundError,
)
from apps.core.turns import await_turn
from apps.predictions.domain.entries import is_storable
from apps.predictions.models import Experiment
from apps.predictions.selectors.predictions import ExperimentRow, to_experiment_row
from apps.predictions.selectors.revisions import read_board_revision
from apps.predictions.selectors.visible import named_in
from apps.predictions.services.live import announce_scores

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from apps.predictions.domain.words import ExperimentKind

# What people write, and may write anything into.
MOST_TEXT = 20_000
WRITTEN = ("name", "title", "description", "method", "prompt_version", "parameters")


@transaction.atomic
def create_experiment(
    *,
    workspace_id: UUID | None,
    name: str,
    kind: ExperimentKind,
    now: datetime,
    title: str = "",
    description: str = "",
    model_id: UUID | None = None,
    method: str = "",
    prompt_version: str = "",
    parameters: Mapping[str, Any] | None = None,
    is_backtest: bool = False,
    is_unfinished: bool = False,
    created_by_id: UUID | None = None,
) -> ExperimentRow:
    """Begin an experiment; without a workspace it is the operator's.

    Raises:
        ConflictError: the workspace has one of that name.
        InvalidFieldsError: a value has not the form that it needs.
    """
    await_turn(f"experiments:{workspace_id}")
    mine = named_in(Experiment.objects.all(), workspace_id, name)
    if is_storable(name) and mine.exists():
        raise ConflictError(
            f"There is an experiment {name!r} already: its predictions stay as they "
            "are, so begin one of another name."
        )
    made = Experiment(
        workspace_id=workspace_id,
        name=name,
        title=title,
        description=description,
        kind=kind.value,
        model_id=model_id,
        method=method,
        prompt_version=prompt_version,
        parameters=dict(parameters or {}),
        is_backtest=is_backtest,
        is_unfinished=is_unfinished,
        created_by_id=created_by_id,
        created_at=now,
        published_at=now if workspace_id is None else None,
    )
    _clean(made)
    made.save(force_insert=True)
    return to_experiment_row(made)


@transaction.atomic
def rename_experiment(*, experiment_id: UUID, title: str) -> ExperimentRow:
    """Give an experiment another title; its name stays, for links hold to it.

    Raises:
        InvalidFieldsError: the title is too long.
        NotFoundError: there is no such experiment.
    """
    experiment = _held(experiment_id)
    experiment.title = title
    _clean(experiment)
    experiment.save(update_fields=["title"])
    return to_experiment_row(experiment)


@transaction.atomic
def publish_experiment(*, experiment_id: UUID, now: datetime) -> ExperimentRow:
    """Show an experiment and all its predictions to everybody, for good.

    There is no way back: whoever could hide what went wrong would look better. What it
    predicted until now stays marked as published afterwards, whoever asks again.

    Raises:
        NotFoundError: there is no such experiment.
    """
    experiment = _held(experiment_id)
    experiment.is_public = True
    if experiment.published_at is None:
        experiment.published_at = now
    experiment.save(update_fields=["is_public", "published_at"])
    announce_scores(read_board_revision())
    return to_experiment_row(experiment)


def _held(experiment_id: UUID) -> Experiment:
    found = Experiment.objects.select_for_update(no_key=True).filter(pk=experiment_id)
    experiment = found.first()
    if experiment is None:
        raise NotFoundError(f"There is no experiment {experiment_id}.")
    return experiment


def _clean(experiment: Experiment) -> None:
    faults = [
        Fault(name, "it holds what cannot be stored")
        for name in WRITTEN
        if not is_storable(getattr(experiment, name))
    ]
    texts = {
        "description": experiment.description,
        "parameters": "" if faults else json.dumps(experiment.parameters),
    }
    faults += [
        Fault(name, f"{len(text)} characters are more than {MOST_TEXT}")
        for name, text in texts.items()
        if len(text) > MOST_TEXT
    ]
    if faults:
        raise InvalidFieldsError(faults)
    try:
        experiment.full_clean(validate_constraints=False)
    except ValidationError as error:
        faults = [
            Fault(name, message)
            for name, messages in error.message_dict.items()
            for message in messages
        ]
        raise InvalidFieldsError(faults) from error
