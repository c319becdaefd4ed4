"""The report of an experiment, and how it differs from another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.viewers import viewer_of
from apps.core.errors import ForbiddenError
from apps.core.web.queries import link_choices, read_id, with_query
from apps.core.web.twins import csv_response, json_response
from apps.predictions.selectors.filters import Ending
from apps.predictions.selectors.predictions import (
    get_experiment,
    get_predictions,
    list_experiments,
    may_write,
)
from apps.predictions.selectors.reports import (
    COMPARISON_COLUMNS,
    compare_experiments,
    get_report,
)
from apps.predictions.services.experiments import publish_experiment
from apps.predictions.web.askings import newest_askings
from apps.predictions.web.bars import movement_bars, spread_bars
from apps.predictions.web.drawings import draw_reaching, draw_reliability
from apps.predictions.web.moving import render_moving
from apps.predictions.web.narrowing import link_rows, write_span
from apps.predictions.web.reading import NATURES, read_nature

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from apps.accounts.selectors.workspaces import Viewer
    from apps.predictions.domain.figures import Figure
    from apps.predictions.domain.reports import Performer, Report
    from apps.predictions.selectors.predictions import ExperimentRow, PredictionRow
    from apps.predictions.selectors.reports import ExperimentReport

OFFERED = 50
SETTLED = f"&ending={Ending.SETTLED.value}"
BIN_COLUMNS = ("low", "high", "n", "units", "mean", "share")


@dataclass(frozen=True, slots=True)
class Line:
    """One figure of the report, what it says, and how its number is written."""

    label: str
    figure: Figure
    form: str
    words: str


@dataclass(frozen=True, slots=True)
class Performance:
    """A prediction among the best or the poorest, with its question."""

    performer: Performer
    prediction: PredictionRow


@require_safe
def experiment_page(request: HttpRequest, experiment_id: UUID) -> HttpResponse:
    """Show an experiment's report, or with `with` how it differs from another."""
    other_id = read_id(request, "with")
    if other_id is not None:
        return _comparison(request, experiment_id, other_id)
    viewer = viewer_of(request)
    found = get_report(viewer, experiment_id, read_nature(request))
    report = found.report
    shown = get_predictions(one.prediction_id for one in (*report.top, *report.poor))
    nature = found.nature.value if found.nature else None
    rows = link_rows(experiment_id, nature=nature)
    settled = f"{rows}{SETTLED}"
    context = {
        "experiment": found.experiment,
        "as_of": timezone.now(),
        "found": found,
        "report": report,
        "rows": rows,
        "settled_rows": settled,
        "lines": _so_far(report),
        "settled_lines": _settled(report),
        "time_lines": _times(report),
        "bins": [
            (one, f"{settled}&probability={write_span(one.low, one.high)}")
            for one in report.settled.bins
        ],
        "bands": [
            (one, f"{settled}&confidence={write_span(one.low, one.high)}")
            for one in report.settled.confidence_bands
        ],
        "ways": movement_bars(report.convergence.directions, rows),
        "spread": spread_bars(report.convergence.spread, rows),
        "reliability": draw_reliability(report.settled.bins),
        "reaching": draw_reaching(report.time_to_convergence.curve),
        "performers": [
            (title, [Performance(one, shown[one.prediction_id]) for one in rows])
            for title, rows in (("Top", report.top), ("Poor", report.poor))
        ],
        "natures": _nature_links(request, found),
        "others": _others(viewer, experiment_id),
        "may_publish": not found.experiment.is_public
        and may_write(viewer, found.experiment.workspace_id),
        "askings": newest_askings(viewer, experiment_id),
        "twin_query": with_query(request).removeprefix(request.path),
    }
    return render_moving(request, "experiment", context)


@require_POST
def publish(request: HttpRequest, experiment_id: UUID) -> HttpResponse:
    """Show an experiment to everybody, once whoever asks has said that it is for good.

    Raises:
        ForbiddenError: they may see it and no more.
        NotFoundError: they may not see it.
    """
    viewer = viewer_of(request)
    experiment = get_experiment(viewer, experiment_id)
    if not may_write(viewer, experiment.workspace_id):
        raise ForbiddenError("Only members who may run can publish their experiments.")
    if request.POST.get("for_good") != "yes":
        messages.error(request, "Not published: say first that it is for good.")
    else:
        publish_experiment(experiment_id=experiment_id, now=timezone.now())
        messages.success(request, "Published: everybody sees it from now on.")
    return redirect("experiment", experiment_id=experiment_id)


@require_safe
def experiment_json(request: HttpRequest, experiment_id: UUID) -> HttpResponse:
    """Return the report, or with `with` the comparison, as one document."""
    viewer, nature = viewer_of(request), read_nature(request)
    other_id = read_id(request, "with")
    if other_id is not None:
        found = compare_experiments(viewer, experiment_id, other_id, nature)
        return json_response(found)
    return json_response(get_report(viewer, experiment_id, nature))


@require_safe
def experiment_csv(request: HttpRequest, experiment_id: UUID) -> HttpResponse:
    """Return the reliability diagram's bins, or with `with` the comparison's lines."""
    other_id = read_id(request, "with")
    if other_id is not None:
        compared = compare_experiments(
            viewer_of(request), experiment_id, other_id, read_nature(request)
        )
        name = f"{compared.first.name}-against-{compared.second.name}"
        return csv_response(name, COMPARISON_COLUMNS, compared.lines)
    found = get_report(viewer_of(request), experiment_id, read_nature(request))
    name = f"reliability-{found.experiment.name}"
    return csv_response(name, BIN_COLUMNS, found.report.settled.bins)


def _comparison(
    request: HttpRequest, experiment_id: UUID, other_id: UUID
) -> HttpResponse:
    viewer = viewer_of(request)
    found = compare_experiments(viewer, experiment_id, other_id, read_nature(request))
    context = {
        "found": found,
        "differences": (
            ("Settled markets", found.settled, "what happened decides", SETTLED),
            (
                "All markets so far",
                found.so_far,
                "the newest price stands in until then",
                "",
            ),
        ),
        "common": [
            (
                one,
                link_rows(
                    one.id,
                    nature=found.nature.value,
                    both=found.second.id if one is found.first else found.first.id,
                ),
            )
            for one in (found.first, found.second)
        ],
        "natures": link_choices(request, "nature", NATURES, found.nature.value),
        "twin_query": with_query(request).removeprefix(request.path),
    }
    return render(request, "predictions/comparison.html", context)


def _others(viewer: Viewer, experiment_id: UUID) -> list[ExperimentRow]:
    """Return what this viewer may compare it with, the newest first."""
    rows = list_experiments(viewer, limit=OFFERED).rows
    return [row for row in rows if row.id != experiment_id]


def _nature_links(request: HttpRequest, found: ExperimentReport) -> object:
    labels = {one.value: NATURES[one.value] for one in found.natures}
    current = found.nature.value if found.nature else ""
    return link_choices(request, "nature", labels, current)


def _so_far(report: Report) -> list[Line]:
    return [
        Line(
            "Skill so far",
            report.skill_so_far,
            "gain",
            "gained over the market's price of the same moment, in Brier points; "
            "above 0 is better",
        ),
        Line(
            "Interim skill",
            report.interim_skill,
            "gain",
            "of what is not settled: the newest price stands in for the outcome",
        ),
        Line("Copies", report.copies, "percent", "within a point of the market"),
        Line(
            "Went its way",
            report.convergence.points,
            "points",
            "points that prices moved towards it; it describes and never ranks",
        ),
        Line(
            "Share of the way",
            report.convergence.percentage,
            "hundred",
            "median, cut to −100 … 100 %",
        ),
        Line("Mean speed", report.convergence.rate, "speed", "points an hour"),
    ]


def _settled(report: Report) -> list[Line]:
    scores = report.settled
    return [
        Line("Brier score", scores.brier, "decimals", "0 is best, 0.25 knows nothing"),
        Line(
            "Market's Brier score",
            scores.market_brier,
            "decimals",
            "of its prices when they were predicted",
        ),
        Line("Log score", scores.log_score, "decimals", "0 is best"),
        Line("Market's log score", scores.market_log_score, "decimals", "the same"),
        Line(
            "Skill over the market",
            scores.skill,
            "gain",
            "against its price when predicted",
        ),
        Line(
            "Skill over the close",
            scores.closing_skill,
            "gain",
            "against its last valid price",
        ),
        Line("Skill score", scores.skill_score, "share", "1 − Brier ÷ market's Brier"),
        Line(
            "Confidence and skill",
            scores.confidence,
            "rho",
            "Spearman's rho; none below 30 predictions",
        ),
    ]


def _times(report: Report) -> list[Line]:
    times = report.time_to_convergence
    median = Line(
        "Median time to reach", times.median_hours, "hours", "half are reached by then"
    )
    return [
        median,
        *(
            Line(f"Reached within {name}", share, "percent", "of those that differed")
            for name, share in times.shares.items()
        ),
    ]
