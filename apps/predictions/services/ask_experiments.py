"""The experiments that an asking's predictions go to, one for each model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.core.errors import ConflictError
from apps.core.turns import await_turn
from apps.predictions.domain.asking import experiment_name
from apps.predictions.domain.prompts import NEWEST, PROMPTS
from apps.predictions.domain.words import ExperimentKind
from apps.predictions.models import Experiment
from apps.predictions.selectors.visible import named_in
from apps.predictions.services.experiments import create_experiment

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from apps.catalog.selectors.models import ModelRow
    from apps.predictions.domain.asking import Asked


def find_asked_experiment(
    workspace_id: UUID | None, asked: Asked, model: ModelRow
) -> Experiment | None:
    """Return the experiment of a name and a model, None where there is none yet.

    Raises:
        ConflictError: it was asked otherwise until now.
    """
    name = experiment_name(asked.experiment, model.full_name)
    known = named_in(Experiment.objects.all(), workspace_id, name).first()
    if known is not None:
        _refuse_changed(known, asked, model)
    return known


def experiment_for(
    *,
    workspace_id: UUID | None,
    asked: Asked,
    model: ModelRow,
    created_by_id: UUID | None,
    now: datetime,
) -> Experiment:
    """Return the experiment of a name and a model, begun where there is none.

    Raises:
        ConflictError: it was asked otherwise until now.
    """
    await_turn(f"experiments:{workspace_id}")
    known = find_asked_experiment(workspace_id, asked, model)
    if known is not None:
        return known
    made = create_experiment(
        workspace_id=workspace_id,
        name=experiment_name(asked.experiment, model.full_name),
        kind=ExperimentKind.MODEL,
        title=f"{asked.experiment}: {model.display_name}"[:200],
        model_id=model.id,
        prompt_version=asked.prompt_version or NEWEST,
        parameters=_parameters(asked, model),
        created_by_id=created_by_id,
        now=now,
    )
    return Experiment.objects.get(pk=made.id)


def _refuse_changed(known: Experiment, asked: Asked, model: ModelRow) -> None:
    parameters = _parameters(asked, model)
    changed = [
        key
        for key in sorted({*parameters, *known.parameters})
        if parameters.get(key) != known.parameters.get(key)
    ]
    if known.prompt_version != (asked.prompt_version or NEWEST):
        changed.insert(0, "prompt_version")
    if known.kind != ExperimentKind.MODEL.value or known.model_id != model.id:
        changed = ["model"]
    if changed:
        raise ConflictError(
            f"The experiment {known.name!r} was asked otherwise until now "
            f"({', '.join(changed)}): what is compared must be alike, so begin one of "
            "another name."
        )


def _parameters(asked: Asked, model: ModelRow) -> dict[str, object]:
    return {
        "asked_as": asked.experiment,
        "market_price_shown": asked.shows_price,
        "prompt_hash": PROMPTS[asked.prompt_version or NEWEST].hash,
        "samples": asked.samples,
        "sampling": dict(model.sampling),
    }
