"""Experiments and predictions as frozen rows, through the doors of `visible`."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import Max, Q, Subquery

from apps.accounts.domain.roles import Power, has_power
from apps.core.errors import NotFoundError
from apps.markets.domain.markets import Nature, QuoteFlag
from apps.predictions.domain.entries import is_storable
from apps.predictions.domain.words import BenchmarkStatus, ExperimentKind
from apps.predictions.models import Experiment, Prediction
from apps.predictions.selectors.filters import ALL, PredictionFilter, find_wanted
from apps.predictions.selectors.revisions import revision_of, revision_of_experiment
from apps.predictions.selectors.visible import (
    get_visible_experiments,
    get_visible_predictions,
    named_in,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from django.db.models import QuerySet

    from apps.accounts.selectors.workspaces import Viewer

MAX_PAGE = 200
MOST_COUNTED = 10_000
# What became of a prediction so far, in tables of many: its own columns stand before.
OUTCOME_COLUMNS = (
    "summary.latest_market_price",
    "summary.interim_skill",
    "summary.value",
    "summary.brier",
    "summary.log_score",
    "summary.skill",
    "summary.closing_skill",
    "summary.settled_at",
)
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class ExperimentRow:
    """One way to come to a probability; `model` is `provider/name` or empty."""

    id: UUID
    workspace_id: UUID | None
    name: str
    title: str
    description: str
    kind: ExperimentKind
    model_id: UUID | None
    model: str
    method: str
    prompt_version: str
    parameters: Mapping[str, Any]
    is_public: bool
    is_backtest: bool
    created_at: datetime
    published_at: datetime | None
    head_hash: str
    predictions_made: int

    @property
    def label(self) -> str:
        """What people read: the title, else the name."""
        return self.title or self.name


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """What became of a prediction so far, in the frame of the predicted outcome."""

    cluster: str
    initial_delta: float
    price_was_shown: bool
    latest_market_price: float | None
    latest_delta: float | None
    latest_direction: str
    latest_flags: int
    market_closed: bool
    market_resolved: bool
    total_snapshots: int
    hours_tracked: float
    converging_snapshots: int
    diverging_snapshots: int
    stable_snapshots: int
    flagged_snapshots: int
    rated_snapshots: int
    avg_convergence_rate: float | None
    max_convergence_rate: float | None
    cumulative_convergence: float | None
    convergence_percentage: float | None
    interim_skill: float | None
    valid_price: float | None
    valid_at: datetime | None
    reached_at: datetime | None
    last_hour: datetime | None
    dropped_snapshots: int
    dropped_before: datetime | None
    is_void: bool
    value: float | None
    settled_at: datetime | None
    closing_price: float | None
    brier: float | None
    log_score: float | None
    skill: float | None
    closing_skill: float | None
    last_benchmarked_at: datetime | None
    updated_at: datetime

    @property
    def revision(self) -> str:
        """Return what differs whenever a page about the prediction would."""
        return revision_of(self.updated_at)


@dataclass(frozen=True, slots=True)
class PredictionRow:
    """A prediction, its market in short, and what became of it; prices are its own."""

    id: UUID
    experiment_id: UUID
    experiment: str
    workspace_id: UUID | None
    sequence: int
    market_id: UUID
    question: str
    venue: str
    venue_name: str
    nature: Nature
    market_status: str
    outcome: int
    outcome_name: str
    probability: Decimal
    confidence: Decimal | None
    market_price: Decimal
    market_bid: Decimal | None
    market_ask: Decimal | None
    market_flags: QuoteFlag
    market_quoted_at: datetime
    market_price_shown: Decimal | None
    reasoning: str
    cost: Decimal | None
    provenance: Mapping[str, Any]
    reference: str
    created_at: datetime
    previous_hash: str
    content_hash: str
    status: BenchmarkStatus
    summary: SummaryRow


@dataclass(frozen=True, slots=True)
class PredictionPage:
    """Some predictions, newest first; `next_cursor` continues after them."""

    rows: tuple[PredictionRow, ...]
    next_cursor: UUID | None


@dataclass(frozen=True, slots=True)
class ExperimentPage:
    """Some experiments, newest first; `next_cursor` continues after them."""

    rows: tuple[ExperimentRow, ...]
    next_cursor: UUID | None


def get_experiment(viewer: Viewer, experiment_id: UUID) -> ExperimentRow:
    """Return one experiment.

    Raises:
        NotFoundError: no such experiment is visible.
    """
    return get_experiment_as_of(viewer, experiment_id)[0]


def get_experiment_as_of(
    viewer: Viewer, experiment_id: UUID
) -> tuple[ExperimentRow, str]:
    """Return one experiment, and the revision that a page about it is of.

    Raises:
        NotFoundError: no such experiment is visible.
    """
    found = get_visible_experiments(viewer).filter(pk=experiment_id)
    found = found.annotate(scored_at=Max("scores__computed_at"))
    row = found.select_related("model__provider").first()
    if row is None:
        raise NotFoundError(f"There is no experiment {experiment_id}.")
    revision = revision_of_experiment(row.predictions_made, row.scored_at)
    return to_experiment_row(row), revision


def get_named_experiment(
    viewer: Viewer, workspace_id: UUID | None, name: str
) -> ExperimentRow:
    """Return the experiment of this name in a workspace, or among the operator's.

    Raises:
        NotFoundError: no such experiment is visible.
    """
    found = named_in(get_visible_experiments(viewer), workspace_id, name)
    # A text that no database takes is nobody's name.
    row = is_storable(name) and found.select_related("model__provider").first()
    if not row:
        raise NotFoundError(f"There is no experiment {name!r}.")
    return to_experiment_row(row)


def list_experiments(
    viewer: Viewer,
    *,
    workspace_id: UUID | None = None,
    kind: ExperimentKind | None = None,
    query: str = "",
    cursor: UUID | None = None,
    limit: int = 50,
) -> ExperimentPage:
    """Return visible experiments, newest first.

    `query` has words that the name or the title must all contain.
    """
    found = get_visible_experiments(viewer).select_related("model__provider")
    if workspace_id is not None:
        found = found.filter(workspace_id=workspace_id)
    if kind is not None:
        found = found.filter(kind=kind.value)
    for word in query.split():
        found = found.filter(Q(name__icontains=word) | Q(title__icontains=word))
    if cursor is not None:
        found = found.filter(pk__lt=cursor)
    limit = max(1, min(limit, MAX_PAGE))
    rows = [to_experiment_row(one) for one in found.order_by("-pk")[: limit + 1]]
    more = rows[limit - 1].id if len(rows) > limit else None
    return ExperimentPage(tuple(rows[:limit]), more)


def may_write(viewer: Viewer, workspace_id: UUID | None) -> bool:
    """Return whether somebody may add to and steer what belongs to a workspace.

    The operator's own is the staff's.
    """
    if workspace_id is None:
        return viewer.is_staff
    role = viewer.roles.get(workspace_id)
    return role is not None and has_power(role, Power.RUN)


def get_prediction(viewer: Viewer, prediction_id: UUID) -> PredictionRow:
    """Return one prediction.

    Raises:
        NotFoundError: no such prediction is visible.
    """
    row = _with_parts(get_visible_predictions(viewer)).filter(pk=prediction_id).first()
    if row is None:
        raise NotFoundError(f"There is no prediction {prediction_id}.")
    return to_prediction_row(row)


def list_predictions(
    viewer: Viewer,
    *,
    experiment_id: UUID | None = None,
    market_id: UUID | None = None,
    status: BenchmarkStatus | None = None,
    wanted: PredictionFilter = ALL,
    cursor: UUID | None = None,
    limit: int = 50,
) -> PredictionPage:
    """Return visible predictions, newest first; `cursor` is a page's `next_cursor`."""
    found = _find(viewer, experiment_id, market_id, status, wanted)
    order = "pk" if experiment_id is None else "sequence"
    if cursor is not None:
        last = get_visible_predictions(viewer).filter(pk=cursor).values(order)
        found = found.filter(**{f"{order}__lt": Subquery(last)})
    limit = max(1, min(limit, MAX_PAGE))
    page = list(_with_parts(found).order_by(f"-{order}")[: limit + 1])
    rows = tuple(to_prediction_row(one) for one in page[:limit])
    return PredictionPage(rows, rows[-1].id if len(page) > limit else None)


def count_predictions(
    viewer: Viewer,
    *,
    experiment_id: UUID | None = None,
    market_id: UUID | None = None,
    status: BenchmarkStatus | None = None,
    wanted: PredictionFilter = ALL,
) -> int:
    """Count what `list_predictions` lists, page after page, to one more than most.

    A count beyond `MOST_COUNTED` says that there are more: to know how many takes as
    long as to read them.
    """
    found = _find(viewer, experiment_id, market_id, status, wanted)
    return found.order_by()[: MOST_COUNTED + 1].count()


def _find(
    viewer: Viewer,
    experiment_id: UUID | None,
    market_id: UUID | None,
    status: BenchmarkStatus | None,
    wanted: PredictionFilter,
) -> QuerySet[Prediction]:
    found = find_wanted(viewer, wanted)
    if experiment_id is not None:
        found = found.filter(experiment_id=experiment_id)
    if market_id is not None:
        found = found.filter(market_id=market_id)
    if status is not None:
        found = found.filter(summary__benchmark_status=status.value)
    return found


def get_predictions(prediction_ids: Iterable[UUID]) -> dict[UUID, PredictionRow]:
    """Return predictions by id, whoever looks: for who has made or found them."""
    found = _with_parts(Prediction.objects.filter(pk__in=list(prediction_ids)))
    return {one.pk: to_prediction_row(one) for one in found}


def to_experiment_row(one: Experiment) -> ExperimentRow:
    """Freeze an experiment that was read with its model."""
    model = one.model
    own = {
        "kind": ExperimentKind(one.kind),
        "model": "" if model is None else f"{model.provider.name}/{model.name}",
        # The operator's are everybody's from the beginning.
        "is_public": one.is_public or one.workspace_id is None,
    }
    return _freeze(ExperimentRow, one, own)


def to_prediction_row(one: Prediction) -> PredictionRow:
    """Freeze a prediction that was read with all its parts."""
    market, summary = one.market, one.summary
    own = {
        "experiment": one.experiment.name,
        "workspace_id": one.experiment.workspace_id,
        "question": market.question,
        "venue": market.venue.name,
        "venue_name": market.venue.display_name,
        "nature": Nature(market.venue.nature),
        "market_status": market.status,
        "outcome_name": market.outcomes[one.outcome],
        "market_flags": QuoteFlag(one.market_flags),
        "status": BenchmarkStatus(summary.benchmark_status),
        "summary": _freeze(SummaryRow, summary, {}),
    }
    return _freeze(PredictionRow, one, own)


def _with_parts(found: QuerySet[Prediction]) -> QuerySet[Prediction]:
    return found.select_related("experiment", "market__venue", "summary")


def _freeze(kind: type[Row], source: object, own: Mapping[str, Any]) -> Row:
    """Make a row of `own` values and of the source's columns of the same names."""
    names = [one.name for one in fields(kind)]  # type: ignore[arg-type]
    return kind(**{n: own[n] if n in own else getattr(source, n) for n in names})
