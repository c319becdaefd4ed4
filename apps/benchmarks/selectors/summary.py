"""One run by itself: its models compared, its families, and what went unscored."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q

from apps.benchmarks.domain.specs import Verdict
from apps.benchmarks.models import Result
from apps.benchmarks.selectors.runs import get_run
from apps.benchmarks.selectors.standings import choose_clusters
from apps.core.domain.comparison import compare_models
from apps.core.domain.score_table import Score, tabulate

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from decimal import Decimal
    from uuid import UUID

    from django.db.models import QuerySet

    from apps.accounts.selectors.workspaces import Viewer
    from apps.benchmarks.selectors.runs import RunRow, ShardRow
    from apps.core.domain.comparison import (
        Comparison,
        ModelStanding,
        PairComparison,
    )


@dataclass(frozen=True, slots=True)
class ModelSummary:
    """One model in a run; the statistics are the leaderboard's.

    `cost` is US dollars, None where an answer's cost cannot be told. `mean` and what
    follows are None where nothing was scored; `n` counts tasks.
    """

    model: str
    display_name: str
    status: str
    reason: str
    samples: int
    passed: int
    failed: int
    unscored: int
    cost: Decimal | None
    mean: float | None
    ci_low: float | None
    ci_high: float | None
    n: int
    rank_low: int | None
    rank_high: int | None
    least_detectable_difference: float | None


@dataclass(frozen=True, slots=True)
class FamilySummary:
    """How one model did on one family of tasks: samples by verdict."""

    model: str
    family: str
    category: str
    passed: int
    scored: int
    unscored: int


@dataclass(frozen=True, slots=True)
class UnscoredReason:
    """Why samples of one model have no score, and how many."""

    model: str
    outcome: str
    reason: str
    samples: int


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run with all that a report shows beside its samples."""

    run: RunRow
    manifest: dict[str, Any]
    models: tuple[ModelSummary, ...]
    pairs: tuple[PairComparison, ...]
    clustered: bool
    families: tuple[FamilySummary, ...]
    unscored: tuple[UnscoredReason, ...]
    cost: Decimal | None


def get_run_summary(viewer: Viewer, run_id: UUID) -> RunSummary:
    """Return a run's summary, computed from its final results.

    Raises:
        NotFoundError: no such run is visible.
    """
    detail = get_run(viewer, run_id)
    run = detail.run
    names = {part.model_id: part.model for part in run.models}
    final = Result.objects.filter(run_id=run_id, run_month=_month(run), is_final=True)
    clusters, comparison = _compare(final, names)
    standings = {standing.model: standing for standing in comparison.models}
    return RunSummary(
        run=run,
        manifest=detail.manifest,
        models=tuple(
            _summarise(part, standings.get(part.model)) for part in run.models
        ),
        pairs=comparison.pairs,
        clustered=bool(clusters),
        families=_families(final, names),
        unscored=_reasons(final, names),
        cost=run.cost,
    )


def _month(run: RunRow) -> date:
    return run.created_at.date().replace(day=1)


def _compare(
    final: QuerySet[Result], names: Mapping[UUID, str]
) -> tuple[dict[UUID, str], Comparison]:
    rows = list(
        final.filter(score__isnull=False).values_list(
            "model_id", "task_id", "task__family_id", "score"
        )
    )
    clusters = choose_clusters({task: family for _, task, family, _ in rows})
    scores = [
        Score(names[model], str(task), float(score or 0.0), clusters.get(task))
        for model, task, _, score in rows
    ]
    return clusters, compare_models(tabulate(scores, unit_scale=True))


def _summarise(part: ShardRow, standing: ModelStanding | None) -> ModelSummary:
    return ModelSummary(
        model=part.model,
        display_name=part.display_name,
        status=part.status,
        reason=part.reason,
        samples=part.samples,
        passed=part.passed,
        failed=part.failed,
        unscored=part.unscored,
        cost=part.cost,
        mean=standing.mean if standing else None,
        ci_low=standing.ci_low if standing else None,
        ci_high=standing.ci_high if standing else None,
        n=standing.n if standing else 0,
        rank_low=standing.rank_low if standing else None,
        rank_high=standing.rank_high if standing else None,
        least_detectable_difference=(
            standing.least_detectable_difference if standing else None
        ),
    )


def _families(
    final: QuerySet[Result], names: Mapping[UUID, str]
) -> tuple[FamilySummary, ...]:
    counts = (
        final.values_list("model_id", "task__family__title", "task__category")
        .annotate(
            passed=Count("id", filter=Q(verdict=Verdict.PASS)),
            scored=Count("id", filter=Q(score__isnull=False)),
            lost=Count("id", filter=Q(score__isnull=True)),
        )
        .order_by("task__family__title")
    )
    rows = [
        FamilySummary(names[model], family, category, passed, scored, lost)
        for model, family, category, passed, scored, lost in counts
    ]
    return tuple(sorted(rows, key=lambda row: (row.category, row.family, row.model)))


def _reasons(
    final: QuerySet[Result], names: Mapping[UUID, str]
) -> tuple[UnscoredReason, ...]:
    counts: dict[tuple[str, str, str], int] = defaultdict(int)
    for model, outcome, reason, count in (
        final.filter(verdict=Verdict.UNSCORED)
        .values_list("model_id", "outcome", "reason")
        .annotate(count=Count("id"))
        .order_by()
    ):
        counts[names[model], outcome, reason] += count
    return tuple(
        UnscoredReason(model, outcome, reason, count)
        for (model, outcome, reason), count in sorted(counts.items())
    )
