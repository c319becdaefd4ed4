"""The report of an experiment, with what its predictions cost."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING

from django.db.models import Count, Q, Sum

from apps.core.errors import InvalidInputError
from apps.markets.domain.markets import Nature
from apps.predictions.domain.pairing import Difference, compare_two, make_board
from apps.predictions.domain.words import AttemptOutcome
from apps.predictions.models import Attempt, Prediction, Summary
from apps.predictions.selectors.kept_reports import (
    Revision,
    read_report,
    read_revisions,
)
from apps.predictions.selectors.market_skills import read_market_skills
from apps.predictions.selectors.predictions import (
    ExperimentRow,
    get_experiment,
    get_experiment_as_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal
    from uuid import UUID

    from apps.accounts.selectors.workspaces import Viewer
    from apps.predictions.domain.reports import Report


@dataclass(frozen=True, slots=True)
class Asking:
    """How often models were asked, what came of it, and what it cost in US dollars.

    `cost` is None where nobody said; without attempts it is what predictions were
    recorded to have cost.
    """

    attempts: int
    refused: int
    unreadable: int
    out_of_range: int
    failed: int
    cost: Decimal | None


@dataclass(frozen=True, slots=True)
class ExperimentReport:
    """An experiment on the venues of one nature; `natures` lists all it has.

    `published_afterwards` are its predictions there from before everybody saw it; all,
    while it is private. `revision` differs after each prediction and computation.
    """

    experiment: ExperimentRow
    revision: str
    nature: Nature | None
    natures: tuple[Nature, ...]
    published_afterwards: int
    asking: Asking
    report: Report


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two experiments on the markets of one nature that both predicted."""

    first: ExperimentRow
    second: ExperimentRow
    nature: Nature
    settled: Difference
    so_far: Difference

    @property
    def lines(self) -> tuple[ComparisonLine, ...]:
        """Both differences as lines of a table."""
        return self._line("settled"), self._line("so_far")

    def _line(self, measured: str) -> ComparisonLine:
        return ComparisonLine(
            measured=measured,
            first_id=self.first.id,
            first=self.first.name,
            second_id=self.second.id,
            second=self.second.name,
            nature=self.nature,
            **asdict(getattr(self, measured)),
        )


@dataclass(frozen=True, slots=True)
class ComparisonLine:
    """One difference with what it is between; `measured` is settled or so_far."""

    measured: str
    first_id: UUID
    first: str
    second_id: UUID
    second: str
    nature: Nature
    difference: float | None
    low: float | None
    high: float | None
    p: float | None
    markets: int
    events: int
    least_detectable: float | None
    events_needed: int | None
    markets_needed: int | None
    reason: str


COMPARISON_COLUMNS = tuple(one.name for one in fields(ComparisonLine))


# Live before what only looks like it.
_ORDER = (Nature.LIVE, Nature.RECORDED, Nature.SIMULATED)


def get_report(
    viewer: Viewer, experiment_id: UUID, nature: Nature | None = None
) -> ExperimentReport:
    """Return the report of an experiment as its summaries are now.

    What is live, recorded and simulated is never put together: without a nature it is
    live where there is any, else what most predictions are on.

    Raises:
        NotFoundError: no such experiment is visible.
    """
    # Before the summaries: what is added in between is asked for again.
    experiment, revision = get_experiment_as_of(viewer, experiment_id)
    revisions = read_revisions(experiment_id)
    natures = tuple(one for one in _ORDER if one in revisions)
    chosen = nature or _choose(revisions)
    shown = chosen or Nature.LIVE
    return ExperimentReport(
        experiment=experiment,
        revision=revision,
        nature=chosen,
        natures=natures,
        published_afterwards=_count_private(experiment, shown, revisions.get(shown)),
        asking=count_asking(experiment_id, shown),
        report=read_report(experiment_id, shown, revisions.get(shown)),
    )


def _choose(revisions: Mapping[Nature, Revision]) -> Nature | None:
    """Return live, or else what a few predictions elsewhere do not displace."""
    if Nature.LIVE in revisions:
        return Nature.LIVE
    there = [one for one in _ORDER if one in revisions]
    return max(there, key=lambda one: revisions[one].summaries, default=None)


def _count_private(
    experiment: ExperimentRow, nature: Nature, revision: Revision | None
) -> int:
    """Count the predictions from before everybody saw the experiment."""
    if experiment.published_at is None:
        return 0 if revision is None else revision.summaries
    if experiment.published_at <= experiment.created_at:
        return 0
    made = Summary.objects.filter(
        experiment_id=experiment.id,
        market__venue__nature=nature.value,
        predicted_at__lt=experiment.published_at,
    )
    return made.count()


def natures_of(experiment_id: UUID) -> tuple[Nature, ...]:
    """Return the natures of the venues that an experiment has predictions on."""
    found = Summary.objects.filter(experiment_id=experiment_id)
    names = set(found.values_list("market__venue__nature", flat=True).distinct())
    return tuple(nature for nature in _ORDER if nature.value in names)


def count_asking(experiment_id: UUID, nature: Nature) -> Asking:
    """Return what asking models for an experiment's predictions came to."""
    here = {"experiment_id": experiment_id, "market__venue__nature": nature.value}
    outcomes = {
        name: Count("pk", filter=Q(outcome=outcome.value))
        for name, outcome in (
            ("refused", AttemptOutcome.REFUSED),
            ("unreadable", AttemptOutcome.UNREADABLE),
            ("out_of_range", AttemptOutcome.OUT_OF_RANGE),
            ("failed", AttemptOutcome.FAILED),
        )
    }
    found = Attempt.objects.filter(**here).aggregate(
        attempts=Count("pk"), spent=Sum("cost"), **outcomes
    )
    cost = found.pop("spent")
    if not found["attempts"]:
        cost = Prediction.objects.filter(**here).aggregate(spent=Sum("cost"))["spent"]
    return Asking(cost=cost, **found)


def compare_experiments(
    viewer: Viewer, first_id: UUID, second_id: UUID, nature: Nature | None = None
) -> Comparison:
    """Return how two experiments differ on the markets that both predicted.

    Raises:
        InvalidInputError: they are one and the same.
        NotFoundError: one of them is not visible.
    """
    first, second = get_experiment(viewer, first_id), get_experiment(viewer, second_id)
    if first_id == second_id:
        raise InvalidInputError(
            f"with: {first.name} is the experiment itself; name another one."
        )
    theirs = natures_of(second_id)
    common = [one for one in natures_of(first_id) if one in theirs]
    chosen = nature or (common[0] if common else Nature.LIVE)
    return Comparison(
        first=first,
        second=second,
        nature=chosen,
        settled=_compare(first_id, second_id, chosen, settled_only=True),
        so_far=_compare(first_id, second_id, chosen, settled_only=False),
    )


def _compare(
    first_id: UUID, second_id: UUID, nature: Nature, *, settled_only: bool
) -> Difference:
    skills, events = read_market_skills(
        [first_id, second_id], nature, settled_only=settled_only
    )
    return compare_two(make_board(skills, events))
