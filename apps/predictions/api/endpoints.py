"""Predictions, their hours, experiments and the leaderboard over REST."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query

from apps.accounts.viewers import entitlements_of, require_bulk, viewer_of
from apps.core.web.queries import with_query
from apps.core.web.schemas import (
    CSV_ANSWER,
    Earlier,
    MomentIn,
    Page,
    Problem,
    Stretch,
)
from apps.core.web.twins import csv_response, time_text
from apps.markets.api.schemas import NatureName
from apps.markets.domain.markets import Nature
from apps.predictions.api.routers import router as router  # noqa: PLC0414 - mounted
from apps.predictions.api.schemas import (
    BenchmarkOut,
    BoardOut,
    ExperimentQuery,
    PredictionDetailOut,
    PredictionOut,
    PredictionQuery,
    SnapshotOut,
    SortName,
    to_benchmark,
)
from apps.predictions.api.schemas_in import ExperimentOut
from apps.predictions.api.schemas_report import ReportOut
from apps.predictions.domain.words import BenchmarkStatus, ExperimentKind
from apps.predictions.selectors.leaderboard import (
    Board,
    BoardRow,
    BoardSort,
    get_leaderboard,
)
from apps.predictions.selectors.naming import find_experiment
from apps.predictions.selectors.predictions import (
    OUTCOME_COLUMNS,
    ExperimentPage,
    PredictionPage,
    get_experiment,
    get_prediction,
    list_experiments,
    list_predictions,
)
from apps.predictions.selectors.reports import get_report
from apps.predictions.selectors.snapshots import (
    MAX_SNAPSHOTS,
    SnapshotPage,
    page_snapshots,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

Hours = Annotated[int, Query(ge=1, le=MAX_SNAPSHOTS, description="Newest hours")]
WEEK = 168
PREDICTION_COLUMNS = (
    "id",
    "experiment",
    "sequence",
    "market_id",
    "question",
    "venue",
    "nature",
    "outcome_name",
    "probability",
    "confidence",
    "market_price",
    "market_price_shown",
    "cost",
    "reference",
    "status",
    "created_at",
    "content_hash",
    *OUTCOME_COLUMNS,
)
SNAPSHOT_COLUMNS = tuple(SnapshotOut.model_fields)
BOARD_COLUMNS = tuple(BoardRow.__dataclass_fields__)


@router.get(
    "/predictions",
    response={200: Page[PredictionOut], 404: Problem, 422: Problem},
    operation_id="list_predictions",
)
def predictions(
    request: HttpRequest, asked: Query[PredictionQuery]
) -> dict[str, object]:
    """List predictions, the newest first. A `limit` above 100 is a bulk export."""
    page = _read_page(request, asked)
    return {"items": page.rows, "next_cursor": page.next_cursor}


@router.get(
    "/predictions.csv",
    response={404: Problem, 422: Problem},
    operation_id="predictions_csv",
    openapi_extra=CSV_ANSWER,
)
def predictions_csv(
    request: HttpRequest, asked: Query[PredictionQuery]
) -> HttpResponse:
    """Return a page of predictions as CSV; the header `Link` leads to the next one."""
    page = _read_page(request, asked)
    cursor = page.next_cursor
    after = with_query(request, cursor=str(cursor)) if cursor else ""
    return csv_response("predictions", PREDICTION_COLUMNS, page.rows, next_url=after)


@router.get(
    "/predictions/leaderboard",
    response={200: BoardOut, 422: Problem},
    operation_id="get_predictions_leaderboard",
)
def leaderboard(
    request: HttpRequest,
    sort: SortName = "skill",
    nature: NatureName = "live",
    backtests: bool = False,  # noqa: FBT001, FBT002 - a value of the query
) -> object:
    """Rank experiments by skill over the market, in ranges, one nature at a time.

    Skill is provisional until markets settle: until then each prediction counts with
    what the market itself expects it to gain.
    """
    return _read_board(request, sort, nature, is_backtest=backtests)


@router.get(
    "/predictions/leaderboard.csv",
    response={422: Problem},
    operation_id="predictions_leaderboard_csv",
    openapi_extra=CSV_ANSWER,
)
def leaderboard_csv(
    request: HttpRequest,
    sort: SortName = "skill",
    nature: NatureName = "live",
    backtests: bool = False,  # noqa: FBT001, FBT002 - a value of the query
) -> HttpResponse:
    """Return the leaderboard as CSV."""
    board = _read_board(request, sort, nature, is_backtest=backtests)
    return csv_response(f"predictions-{nature}", BOARD_COLUMNS, board.rows)


@router.get(
    "/predictions/{uuid:prediction_id}",
    response={200: PredictionDetailOut, 404: Problem},
    operation_id="get_prediction",
)
def prediction(request: HttpRequest, prediction_id: UUID) -> object:
    """Return a prediction with its hashes and what became of it."""
    return get_prediction(viewer_of(request), prediction_id)


@router.get(
    "/benchmarks/predictions/{uuid:prediction_id}",
    response={200: BenchmarkOut, 404: Problem},
    operation_id="get_benchmark",
)
def benchmark(request: HttpRequest, prediction_id: UUID) -> object:
    """Return the summary of a prediction's benchmark."""
    return to_benchmark(get_prediction(viewer_of(request), prediction_id))


@router.get(
    "/benchmarks/predictions/{uuid:prediction_id}/snapshots",
    response={200: Stretch[SnapshotOut], 404: Problem, 422: Problem},
    operation_id="list_snapshots",
)
def snapshots(
    request: HttpRequest,
    prediction_id: UUID,
    before: MomentIn | None = None,
    cursor: Earlier = None,
    limit: Hours = WEEK,
) -> dict[str, object]:
    """List the hours of a prediction, the newest first, as far as the tier shows.

    `before` leads to earlier ones. A missing hour is one in which nothing was seen, or
    which is kept no longer: the prediction's `dropped_snapshots` says how many are. A
    `limit` above 168, the hours of a week, is a bulk export.
    """
    page = _read_snapshots(request, prediction_id, (before, cursor), limit)
    return {"items": page.rows, "next_cursor": page.next_cursor}


@router.get(
    "/benchmarks/predictions/{uuid:prediction_id}/snapshots.csv",
    response={404: Problem, 422: Problem},
    operation_id="snapshots_csv",
    openapi_extra=CSV_ANSWER,
)
def snapshots_csv(
    request: HttpRequest,
    prediction_id: UUID,
    before: MomentIn | None = None,
    cursor: Earlier = None,
    limit: Hours = WEEK,
) -> HttpResponse:
    """Return the hours of a prediction as CSV, the newest first."""
    page = _read_snapshots(request, prediction_id, (before, cursor), limit)
    last = page.next_cursor
    after = with_query(request, cursor=time_text(last)) if last else ""
    name = f"snapshots-{prediction_id}"
    return csv_response(name, SNAPSHOT_COLUMNS, page.rows, next_url=after)


@router.get(
    "/experiments",
    response={200: Page[ExperimentOut], 422: Problem},
    operation_id="list_experiments",
)
def experiments(
    request: HttpRequest, asked: Query[ExperimentQuery]
) -> dict[str, object]:
    """List experiments, the newest first. A `limit` above 100 is a bulk export."""
    page = read_experiments(request, asked)
    return {"items": page.rows, "next_cursor": page.next_cursor}


@router.get(
    "/experiments/{uuid:experiment_id}",
    response={200: ExperimentOut, 404: Problem},
    operation_id="get_experiment",
)
def experiment(request: HttpRequest, experiment_id: UUID) -> object:
    """Return one experiment with the head of its chain."""
    return get_experiment(viewer_of(request), experiment_id)


@router.get(
    "/experiments/{uuid:experiment_id}/report",
    response={200: ReportOut, 404: Problem, 422: Problem},
    operation_id="get_experiment_report",
)
def report(
    request: HttpRequest, experiment_id: UUID, nature: NatureName | None = None
) -> object:
    """Return every figure of an experiment, each with its n, or why there is none."""
    chosen = None if nature is None else Nature(nature)
    return get_report(viewer_of(request), experiment_id, chosen)


def read_experiments(request: HttpRequest, asked: ExperimentQuery) -> ExperimentPage:
    """Return the page of experiments that is asked for.

    Raises:
        EntitlementError: it is a bulk export, which the tier does not include.
    """
    require_bulk(request, asked.limit, timezone.now())
    return list_experiments(
        viewer_of(request),
        workspace_id=asked.workspace,
        kind=None if asked.kind is None else ExperimentKind(asked.kind),
        cursor=asked.cursor,
        limit=asked.limit,
    )


def _read_page(request: HttpRequest, asked: PredictionQuery) -> PredictionPage:
    require_bulk(request, asked.limit, timezone.now())
    viewer, named = viewer_of(request), asked.experiment
    return list_predictions(
        viewer,
        experiment_id=None if named is None else find_experiment(viewer, named).id,
        market_id=asked.market,
        status=None if asked.status is None else BenchmarkStatus(asked.status),
        cursor=asked.cursor,
        limit=asked.limit,
    )


def _read_board(
    request: HttpRequest, sort: str, nature: str, *, is_backtest: bool
) -> Board:
    return get_leaderboard(
        viewer_of(request),
        sort=BoardSort(sort),
        nature=Nature(nature),
        is_backtest=is_backtest,
    )


def _read_snapshots(
    request: HttpRequest,
    prediction_id: UUID,
    moments: Sequence[datetime | None],
    limit: int,
) -> SnapshotPage:
    now = timezone.now()
    require_bulk(request, limit, now, free=WEEK)
    days = entitlements_of(request, now).history_days
    get_prediction(viewer_of(request), prediction_id)
    return page_snapshots(
        prediction_id,
        before=min(filter(None, moments), default=None),
        since=None if days is None else now - timedelta(days=days),
        limit=limit,
    )
