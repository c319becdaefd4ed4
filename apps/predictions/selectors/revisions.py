"""What differs whenever a page would: cheap to read, for those who watch it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Max, Q

from apps.core.errors import NotFoundError
from apps.predictions.domain.words import BenchmarkStatus
from apps.predictions.models import ExperimentScore
from apps.predictions.selectors.visible import (
    get_visible_experiments,
    get_visible_predictions,
)

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from apps.accounts.selectors.workspaces import Viewer


@dataclass(frozen=True, slots=True)
class PredictionState:
    """Where a prediction stands, in a line, and the experiment that it is in."""

    experiment_id: UUID
    revision: str
    words: str


def read_prediction_state(viewer: Viewer, prediction_id: UUID) -> PredictionState:
    """Return where a prediction stands; of its row alone.

    Raises:
        NotFoundError: no such prediction is visible.
    """
    found = get_visible_predictions(viewer).filter(pk=prediction_id)
    row = found.values_list(
        "experiment_id",
        "summary__updated_at",
        "summary__benchmark_status",
        "summary__latest_market_price",
        "summary__last_hour",
    ).first()
    if row is None:
        raise NotFoundError(f"There is no prediction {prediction_id}.")
    experiment_id, changed_at, status, price, hour = row
    words = _words(BenchmarkStatus(status), price, hour)
    return PredictionState(experiment_id, revision_of(changed_at), words)


def read_experiment_revision(viewer: Viewer, experiment_id: UUID) -> str:
    """Return what differs after each prediction made, and after each computation.

    Raises:
        NotFoundError: no such experiment is visible.
    """
    found = get_visible_experiments(viewer).filter(pk=experiment_id)
    row = found.values_list("predictions_made", Max("scores__computed_at")).first()
    if row is None:
        raise NotFoundError(f"There is no experiment {experiment_id}.")
    return revision_of_experiment(*row)


def read_board_revision() -> str:
    """Return what differs whenever scores are computed, or an experiment published."""
    found = ExperimentScore.objects.aggregate(
        scores=Count("pk"),
        public=Count("pk", filter=Q(experiment__is_public=True)),
        computed_at=Max("computed_at"),
    )
    computed = revision_of(found["computed_at"])
    return f"{found['scores']}:{found['public']}:{computed}"


def revision_of(changed_at: datetime | None) -> str:
    """Write a moment of change so that no two are alike."""
    return "" if changed_at is None else f"{changed_at:%Y%m%d%H%M%S%f}"


def revision_of_experiment(made: int, computed_at: datetime | None) -> str:
    """Write how many predictions there are, and when their scores were computed."""
    return f"{made}:{revision_of(computed_at)}"


def _words(status: BenchmarkStatus, price: float | None, hour: datetime | None) -> str:
    if status is BenchmarkStatus.COMPLETED:
        return "The market has ended."
    state = "Paused." if status is BenchmarkStatus.PAUSED else "Active."
    if price is None or hour is None:
        return state
    return f"{state} The market stood at {price:.1%} at {hour:%H:%M} UTC."
