"""Recording what an ensemble of experiments makes of the markets that are open."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.core.errors import ConflictError, InvalidInputError, NotFoundError
from apps.markets.pipelines.refresh import DEFAULT_PACE
from apps.predictions.domain.ensembles import Method, PastSkill, combine, skill_weights
from apps.predictions.domain.entries import (
    MOST_ENTRIES,
    EntriesRefusedError,
    NewPrediction,
    rounded,
)
from apps.predictions.domain.words import ExperimentKind
from apps.predictions.pipelines.freshening import freshen_markets
from apps.predictions.selectors.members import (
    Vote,
    list_references,
    read_past_skills,
    read_votes,
)
from apps.predictions.selectors.predictions import get_named_experiment
from apps.predictions.services.experiments import create_experiment
from apps.predictions.services.predictions import record_predictions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from apps.accounts.selectors.workspaces import Viewer
    from apps.predictions.selectors.predictions import ExperimentRow

FEWEST_MEMBERS = 2
WEIGHT_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Recipe:
    """What an ensemble is made of: at least `fewest` of the members, by a method."""

    method: Method
    members: tuple[UUID, ...]
    fewest: int

    def describe(self) -> dict[str, object]:
        """Return it as an experiment's parameters."""
        return {
            "method": self.method.value,
            "members": [str(one) for one in self.members],
            "min_members": self.fewest,
        }


@dataclass(frozen=True, slots=True)
class Skipped:
    """A market that the ensemble could not predict, and why."""

    market: UUID | str
    why: str


@dataclass(frozen=True, slots=True)
class Ensembled:
    """What came of it: new predictions, those that stand already, markets left out."""

    recorded: int
    unchanged: int
    too_few: int
    skipped: tuple[Skipped, ...]


def make_recipe(
    method: Method, members: Sequence[ExperimentRow], fewest: int | None
) -> Recipe:
    """Return what an ensemble of these experiments is made of.

    Raises:
        InvalidInputError: a member stands twice or is a backtest, there is no second
            one, or there are fewer than are needed.
    """
    ids = tuple(one.id for one in members)
    if len(set(ids)) < len(ids):
        raise InvalidInputError("members: one of them stands twice.")
    if len(ids) < FEWEST_MEMBERS:
        raise InvalidInputError(f"members: name at least {FEWEST_MEMBERS}.")
    ended = [one.name for one in members if one.is_backtest]
    if ended:
        raise InvalidInputError(f"members: {', '.join(ended)}: a backtest.")
    needed = len(ids) if fewest is None else fewest
    if not FEWEST_MEMBERS <= needed <= len(ids):
        raise InvalidInputError(
            f"min_members: use {FEWEST_MEMBERS} to {len(ids)}, not {needed}."
        )
    return Recipe(method, ids, needed)


def begin_ensemble(
    viewer: Viewer,
    *,
    workspace_id: UUID | None,
    name: str,
    members: Sequence[ExperimentRow],
    recipe: Recipe,
    now: datetime,
) -> ExperimentRow:
    """Return the ensemble of this name, which is begun where there is none.

    Raises:
        ConflictError: there is an experiment of that name, made otherwise.
        InvalidInputError: it would show members that are another workspace's own.
    """
    hidden = [
        one.name
        for one in members
        if one.workspace_id not in {None, workspace_id} and not one.is_public
    ]
    if hidden:
        raise InvalidInputError(
            f"members: {', '.join(hidden)}: another workspace's own, which an ensemble"
            " would show."
        )
    try:
        row = get_named_experiment(viewer, workspace_id, name)
    except NotFoundError:
        return create_experiment(
            workspace_id=workspace_id,
            name=name,
            kind=ExperimentKind.ENSEMBLE,
            method=recipe.method.value,
            parameters=recipe.describe(),
            now=now,
        )
    if row.kind is not ExperimentKind.ENSEMBLE or row.parameters != recipe.describe():
        raise ConflictError(
            f"The experiment {name} is made otherwise: begin one of another name."
        )
    return row


def run_ensemble(
    *,
    experiment_id: UUID,
    recipe: Recipe,
    clock: Callable[[], datetime],
    since: datetime | None = None,
) -> Ensembled:
    """Record the ensemble's prediction of every open market that is new to it.

    A market is predicted again when a member has a newer prediction of it. Running
    twice records nothing twice.

    Args:
        experiment_id: the ensemble.
        recipe: its members and its method.
        clock: the time of day; the markets are looked at before they are predicted.
        since: members' predictions from before it do not count.
    """
    votes = read_votes(recipe.members, since=since)
    enough = {
        market_id: given
        for market_id, given in votes.items()
        if len(given) >= recipe.fewest
    }
    pasts = read_past_skills(recipe.members, now=clock())
    known = list_references(experiment_id)
    entries = [
        entry
        for market_id, given in sorted(enough.items())
        if (entry := _entry(market_id, given, recipe, pasts)).reference not in known
    ]
    freshen_markets([one.market for one in entries], clock=clock, pace=DEFAULT_PACE)
    recorded, skipped = 0, []
    for first in range(0, len(entries), MOST_ENTRIES):
        chunk = entries[first : first + MOST_ENTRIES]
        made, left_out = _record(experiment_id, chunk, clock())
        recorded += made
        skipped += left_out
    return Ensembled(
        recorded=recorded,
        unchanged=len(enough) - len(entries),
        too_few=len(votes) - len(enough),
        skipped=tuple(skipped),
    )


def _entry(
    market_id: UUID,
    given: Sequence[Vote],
    recipe: Recipe,
    pasts: Mapping[UUID, PastSkill],
) -> NewPrediction:
    weights = [1 / len(given)] * len(given)
    if recipe.method is Method.WEIGHTED:
        of_members = [pasts[one.experiment_id] for one in given]
        weights = skill_weights(of_members, given[0].cluster)
    shown = max(
        (one for one in given if one.price_shown is not None),
        key=lambda one: one.created_at,
        default=None,
    )
    return NewPrediction(
        market=market_id,
        outcome=0,
        probability=combine(
            recipe.method, [float(one.probability) for one in given], weights
        ),
        # Whoever copies from those who saw the price has seen it.
        market_price_shown=None if shown is None else shown.price_shown,
        reference=_reference(market_id, given),
        provenance={
            "method": recipe.method.value,
            "members": list(_describe(given, weights, recipe.method)),
        },
    )


def _reference(market_id: UUID, given: Sequence[Vote]) -> str:
    """Return what tells one set of predictions of a market from another."""
    ids = ",".join(sorted(str(one.prediction_id) for one in given))
    return f"{market_id}:{hashlib.sha256(ids.encode()).hexdigest()[:32]}"


def _describe(
    given: Sequence[Vote], weights: Sequence[float], method: Method
) -> Iterator[dict[str, str]]:
    for vote, weight in zip(given, weights, strict=True):
        member = {
            "prediction_id": str(vote.prediction_id),
            "experiment_id": str(vote.experiment_id),
            "probability": f"{vote.probability:f}",
        }
        if method is Method.WEIGHTED:
            member["weight"] = f"{rounded(weight, WEIGHT_DIGITS):f}"
        yield member


def _record(
    experiment_id: UUID, chunk: Sequence[NewPrediction], now: datetime
) -> tuple[int, list[Skipped]]:
    """Record a chunk without the markets that cannot be predicted just now."""
    try:
        rows = record_predictions(experiment_id=experiment_id, entries=chunk, now=now)
    except EntriesRefusedError as error:
        refused = {one.index: one.what for one in error.entries}
    else:
        return len(rows), []
    skipped = [Skipped(chunk[index].market, what) for index, what in refused.items()]
    rest = [one for index, one in enumerate(chunk) if index not in refused]
    if not rest:
        return 0, skipped
    made, more = _record(experiment_id, rest, now)
    return made, skipped + more
