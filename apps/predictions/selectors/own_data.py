"""The experiments and predictions of a workspace, for an export."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
    if subject.workspace_id is None:
        began = Experiment.objects.filter(created_by_id=subject.user_id)
        asked = AskRun.objects.filter(created_by_id=subject.user_id)
        return {
            "experiments.jsonl": _experiments("that you began", began),
            "askings.jsonl": _askings("that you began", asked),
        }
    theirs = Experiment.objects.filter(workspace_id=subject.workspace_id)
    predictions = Prediction.objects.filter(experiment__in=theirs)
    return {
        "experiments.jsonl": _experiments("of the workspace", theirs),
        "predictions.jsonl": ExportFile(
            "Their predictions, with the hashes of the chain.",
            _whole(predictions),
            ("predictions.Prediction",),
        ),
        "askings.jsonl": _askings(
            "of the workspace",
            AskRun.objects.filter(workspace_id=subject.workspace_id),
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


def _experiments(whose: str, rows: QuerySet[Experiment]) -> ExportFile:
    return ExportFile(
        f"The experiments {whose}.",
        rows.order_by("id").values(*_EXPERIMENT).iterator(chunk_size=CHUNK),
        ("predictions.Experiment",),
    )


def _askings(whose: str, rows: QuerySet[AskRun]) -> ExportFile:
    return ExportFile(
        f"The askings of models {whose}.",
        rows.order_by("id").values(*_ASKING).iterator(chunk_size=CHUNK),
        ("predictions.AskRun",),
    )


def _whole(rows: QuerySet[Any]) -> Iterator[dict[str, Any]]:
    yield from rows.order_by("id").values().iterator(chunk_size=CHUNK)


def _snapshots(predictions: QuerySet[Prediction]) -> Iterator[dict[str, Any]]:
    """Go prediction by prediction: each one's hours are read by the key."""
    for prediction_id in predictions.order_by("id").values_list("id", flat=True):
        rows = Snapshot.objects.filter(prediction_id=prediction_id).order_by("hour")
        yield from rows.values(*_SNAPSHOT)
