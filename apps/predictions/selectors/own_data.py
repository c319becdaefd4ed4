"""The experiments and predictions of a workspace, for an export."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from apps.accounts.domain.exports import ExportFile
from apps.predictions.models import (
    AskItem,
    AskRun,
    Attempt,
    Experiment,
    Prediction,
    Snapshot,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from uuid import UUID

    from django.db.models import QuerySet

    from apps.accounts.registry import Subject

CHUNK = 500
_EXPERIMENT = (
    "id",
    "workspace_id",
    "name",
    "title",
    "description",
    "kind",
    "model__name",
    "method",
    "prompt_version",
    "parameters",
    "is_public",
    "is_backtest",
    "created_at",
    "published_at",
)

_ASKING = (
    "id",
    "workspace_id",
    "name",
    "trigger",
    "status",
    "reason",
    "prompt_version",
    "outcome",
    "samples",
    "shows_price",
    "seed",
    "max_cost",
    "webhook_url",
    "created_at",
    "started_at",
    "finished_at",
)

_SNAPSHOT = (
    "prediction_id",
    "hour",
    "observed_at",
    "market_price_yes",
    "market_price_no",
    "spread",
    "flags",
    "source",
    "market_closed",
    "market_resolved",
    "abs_delta",
    "movement_direction",
    "convergence_rate",
    "cumulative_convergence",
    "convergence_percentage",
    "interim_skill",
    "hours_since_prediction",
)


def export_predictions(subject: Subject) -> Mapping[str, ExportFile]:
    """Return the experiments somebody began, or all that a workspace has here."""
    if subject.user_id is not None:
        return _of_person(subject.user_id)
    if subject.workspace_id is not None:
        return _of_workspace(subject.workspace_id)
    return {}


def _of_workspace(workspace_id: UUID) -> dict[str, ExportFile]:
    theirs = Experiment.objects.filter(workspace_id=workspace_id)
    asked = AskRun.objects.filter(workspace_id=workspace_id)
    predictions = Prediction.objects.filter(experiment__in=theirs)
    return {
        "experiments.jsonl": ExportFile(
            "The experiments of the workspace.",
            _read(theirs, *_EXPERIMENT),
            ("predictions.Experiment",),
        ),
        "predictions.jsonl": ExportFile(
            "Their predictions, with the hashes of the chain.",
            _whole(predictions),
            ("predictions.Prediction",),
        ),
        "askings.jsonl": ExportFile(
            "The askings of models of the workspace.",
            _read(asked, *_ASKING),
            ("predictions.AskRun",),
        ),
        "asked-markets.jsonl": ExportFile(
            "What became of each market that models were asked about.",
            _whole(AskItem.objects.filter(experiment__in=theirs)),
            ("predictions.AskItem",),
        ),
        "attempts.jsonl": ExportFile(
            "What models were asked and answered.",
            _whole(Attempt.objects.filter(experiment__in=theirs)),
            ("predictions.Attempt",),
        ),
        "snapshots.jsonl": ExportFile(
            "Every hour of every prediction.",
            _snapshots(predictions),
            ("predictions.Snapshot",),
        ),
    }


def _of_person(user_id: UUID) -> dict[str, ExportFile]:
    """Return what somebody began; of workspaces that they have left, only its names.

    What is written there has become the workspace's own, and may have changed since.
    """
    began = Experiment.objects.filter(created_by_id=user_id)
    asked = AskRun.objects.filter(created_by_id=user_id)
    here = Q(workspace=None) | Q(workspace__membership__user_id=user_id)
    left = "; of workspaces that you have left, only"
    return {
        "experiments.jsonl": ExportFile(
            f"The experiments that you began{left} ids and titles.",
            chain(
                _read(began.filter(here), *_EXPERIMENT),
                _read(began.exclude(here), "id", "title"),
            ),
            ("predictions.Experiment",),
        ),
        "askings.jsonl": ExportFile(
            f"The askings of models that you began{left} ids and names.",
            chain(
                _read(asked.filter(here), *_ASKING),
                _read(asked.exclude(here), "id", "name"),
            ),
            ("predictions.AskRun",),
        ),
    }


def _read(rows: QuerySet[Any], *fields: str) -> Iterator[dict[str, Any]]:
    yield from rows.order_by("id").values(*fields).iterator(chunk_size=CHUNK)


def _whole(rows: QuerySet[Any]) -> Iterator[dict[str, Any]]:
    yield from rows.order_by("id").values().iterator(chunk_size=CHUNK)


def _snapshots(predictions: QuerySet[Prediction]) -> Iterator[dict[str, Any]]:
    """Go prediction by prediction: each one's hours are read by the key."""
    for prediction_id in predictions.order_by("id").values_list("id", flat=True):
        rows = Snapshot.objects.filter(prediction_id=prediction_id).order_by("hour")
        yield from rows.values(*_SNAPSHOT)
