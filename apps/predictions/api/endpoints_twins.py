"""Comparing experiments over REST, and the CSV twins of single things."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query

from apps.accounts.viewers import viewer_of
from apps.core.web.queries import with_query
from apps.core.web.schemas import CSV_ANSWER, Problem
from apps.core.web.twins import csv_record, csv_response
from apps.markets.api.schemas import NatureName
from apps.markets.domain.markets import Nature
from apps.predictions.api.endpoints import read_experiments
from apps.predictions.api.report_lines import COLUMNS, list_lines
from apps.predictions.api.routers import router as router  # noqa: PLC0414 - mounted
from apps.predictions.api.schemas import (
    ExperimentQuery,
    PredictionDetailOut,
    SummaryOut,
    to_benchmark,
)
from apps.predictions.api.schemas_in import ExperimentOut
from apps.predictions.api.schemas_report import ComparisonOut
from apps.predictions.selectors.predictions import get_experiment, get_prediction
from apps.predictions.selectors.reports import (
    COMPARISON_COLUMNS,
    Comparison,
    compare_experiments,
    get_report,
)

Other = Annotated[UUID, Query(alias="with", description="The second experiment")]
EXPERIMENT_COLUMNS = tuple(ExperimentOut.model_fields)
# What a prediction has beside its summary, whose fields follow in the same line.
DETAIL_COLUMNS = tuple(
    name for name in PredictionDetailOut.model_fields if name != "summary"
)


@router.get(
    "/predictions/{uuid:prediction_id}.csv",
    response={404: Problem},
    operation_id="prediction_csv",
    openapi_extra=CSV_ANSWER,
)
def prediction_csv(request: HttpRequest, prediction_id: UUID) -> HttpResponse:
    """Return a prediction as CSV, its summary's fields in the same line."""
    row = get_prediction(viewer_of(request), prediction_id)
    benchmark = to_benchmark(row)
    record = {name: getattr(row, name) for name in DETAIL_COLUMNS}
    record |= {name: benchmark[name] for name in SummaryOut.model_fields}
    return csv_record(f"prediction-{prediction_id}", record)


@router.get(
    "/benchmarks/predictions/{uuid:prediction_id}.csv",
    response={404: Problem},
    operation_id="benchmark_csv",
    openapi_extra=CSV_ANSWER,
)
def benchmark_csv(request: HttpRequest, prediction_id: UUID) -> HttpResponse:
    """Return the summary of a prediction's benchmark as CSV."""
    row = get_prediction(viewer_of(request), prediction_id)
    return csv_record(f"benchmark-{prediction_id}", to_benchmark(row))


@router.get(
    "/experiments.csv",
    response={422: Problem},
    operation_id="experiments_csv",
    openapi_extra=CSV_ANSWER,
)
def experiments_csv(
    request: HttpRequest, asked: Query[ExperimentQuery]
) -> HttpResponse:
    """Return a page of experiments as CSV; the header `Link` leads to the next one."""
    page = read_experiments(request, asked)
    cursor = page.next_cursor
    after = with_query(request, cursor=str(cursor)) if cursor else ""
    return csv_response("experiments", EXPERIMENT_COLUMNS, page.rows, next_url=after)


@router.get(
    "/experiments/{uuid:experiment_id}.csv",
    response={404: Problem},
    operation_id="experiment_csv",
    openapi_extra=CSV_ANSWER,
)
def experiment_csv(request: HttpRequest, experiment_id: UUID) -> HttpResponse:
    """Return one experiment as CSV."""
    row = get_experiment(viewer_of(request), experiment_id)
    return csv_response(f"experiment-{row.name}", EXPERIMENT_COLUMNS, [row])


@router.get(
    "/experiments/{uuid:experiment_id}/report.csv",
    response={404: Problem, 422: Problem},
    operation_id="experiment_report_csv",
    openapi_extra=CSV_ANSWER,
)
def report_csv(
    request: HttpRequest, experiment_id: UUID, nature: NatureName | None = None
) -> HttpResponse:
    """Return an experiment's report as a long table: a line for each of its numbers."""
    chosen = None if nature is None else Nature(nature)
    found = get_report(viewer_of(request), experiment_id, chosen)
    return csv_response(f"report-{found.experiment.name}", COLUMNS, list_lines(found))


@router.get(
    "/experiments/{uuid:experiment_id}/compare",
    response={200: ComparisonOut, 404: Problem, 422: Problem},
    operation_id="compare_experiments",
)
def compare(
    request: HttpRequest,
    experiment_id: UUID,
    other: Other,
    nature: NatureName | None = None,
) -> object:
    """Compare two experiments by their skill on the markets that both predicted.

    Each market is compared within itself, and the markets of an event make one number.
    It says how many markets would be needed to tell the two apart.
    """
    return _compare(request, experiment_id, other, nature)


@router.get(
    "/experiments/{uuid:experiment_id}/compare.csv",
    response={404: Problem, 422: Problem},
    operation_id="compare_experiments_csv",
    openapi_extra=CSV_ANSWER,
)
def compare_csv(
    request: HttpRequest,
    experiment_id: UUID,
    other: Other,
    nature: NatureName | None = None,
) -> HttpResponse:
    """Return the comparison as CSV: a line for what is settled, one for all so far."""
    found = _compare(request, experiment_id, other, nature)
    name = f"{found.first.name}-against-{found.second.name}"
    return csv_response(name, COMPARISON_COLUMNS, found.lines)


def _compare(
    request: HttpRequest, first: UUID, second: UUID, nature: NatureName | None
) -> Comparison:
    chosen = None if nature is None else Nature(nature)
    return compare_experiments(viewer_of(request), first, second, chosen)
