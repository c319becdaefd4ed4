"""The report of one experiment: every figure with its n, or why there is none.

Two clocks run in it. What is settled is scored against the outcome; what is not yet, is
held against the market's newest price, which is the market's own guess of that score
and is labelled provisional.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from apps.core.domain.direction import DirectionalAccuracy, directional_accuracy
from apps.core.domain.survival import SurvivalCurve, kaplan_meier
from apps.predictions.domain.betting import (
    Offers,
    ProfitAndLoss,
    Staking,
    settle_bets,
)
from apps.predictions.domain.distributions import (
    Bin,
    CurvePoint,
    reaching_points,
    spread_of,
)
from apps.predictions.domain.figures import (
    DIFFERENCE,
    Figure,
    mean_figure,
    pick,
    share_figure,
)
from apps.predictions.domain.movement import AGREEMENT, EPSILON, LEAST_MOVE
from apps.predictions.domain.resolved import (
    SEED,
    Resolved,
    ResolvedScores,
    score_resolved,
)
from apps.predictions.domain.scores import is_copy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from apps.core.domain.moments import BoolArray, FloatArray

# Shares of predictions whose price was reached are given after a day, a week, a month.
HORIZONS = {"24h": 24.0, "7d": 168.0, "30d": 720.0}
PERFORMERS = 5

NO_LOOK = "no prediction has been looked at with a valid price yet"
NO_RATE = "none that differed has two valid looks far enough apart yet"
NONE_WAITS = "no prediction with a valid price waits for its settlement"
ALL_AGREE = "every prediction agreed with the market from the start"
NEVER_MOVED = "no price has moved by more than the threshold"
NOT_HALF = "fewer than half have been reached within what was watched"


@dataclass(frozen=True, slots=True, eq=False)
class Tracked:
    """All predictions of an experiment as columns; NaN: unknown, or not there yet.

    Prices are of the predicted outcome. `payouts` is what its share paid, also where
    the market is void; `values` is 1 or 0, and NaN unless there was a winner. `reached`
    are the hours from the prediction to the first valid price beyond it, `watched`
    those to the newest look or the close. `predicted_at` are seconds since 1970.
    """

    prediction_ids: Sequence[UUID]
    clusters: Sequence[str]
    probabilities: FloatArray
    confidences: FloatArray
    prices: FloatArray
    bids: FloatArray
    asks: FloatArray
    newest_prices: FloatArray
    closing_prices: FloatArray
    interim_skills: FloatArray
    values: FloatArray
    skills: FloatArray
    payouts: FloatArray
    is_void: BoolArray
    convergences: FloatArray
    percentages: FloatArray
    rates: FloatArray
    directions: Sequence[str]
    reached: FloatArray
    watched: FloatArray
    held: FloatArray
    fee_rates: FloatArray
    fee_exponents: FloatArray
    fee_steps: FloatArray
    price_was_shown: BoolArray
    predicted_at: FloatArray

    def __len__(self) -> int:
        return len(self.clusters)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many predictions there are of which kind, and how many events they are of.

    `settled` had a winner, `void` none; `open` are neither. `looked_at` have at least
    one valid price after they were made.
    """

    predictions: int
    events: int
    settled: int
    settled_events: int
    void: int
    open: int
    looked_at: int
    price_shown: int


@dataclass(frozen=True, slots=True)
class Convergence:
    """Where the markets went; it describes and never ranks.

    `points` is the mean movement towards the prediction in probability points.
    `percentage` is its median share of the way, cut to −100…100. Predictions that
    agreed with the market from the start are in neither. `spread` counts how far the
    others' markets have moved.
    """

    points: Figure
    percentage: Figure
    rate: Figure
    directions: Mapping[str, int]
    spread: tuple[Bin, ...]


@dataclass(frozen=True, slots=True)
class TimeToConvergence:
    """Hours until the price reached the prediction, by Kaplan and Meier.

    What has closed, or has not been reached yet, is cut short and not left out.
    `shares` are those reached within 24 hours, 7 days and 30 days, None beyond what
    was watched. `curve` is the share reached by each hour, in few enough points.
    """

    median_hours: Figure
    reached: int
    shares: Mapping[str, Figure]
    curve: tuple[CurvePoint, ...]


@dataclass(frozen=True, slots=True)
class Performer:
    """One prediction, by the skill that it has so far."""

    prediction_id: UUID
    skill: float
    is_provisional: bool


@dataclass(frozen=True, slots=True)
class Report:
    """All that is known of one experiment on the venues of one nature.

    `skill_so_far` takes the settled skill of a prediction, and its interim one until
    then; `is_provisional` says that there are such.
    """

    counts: Counts
    is_provisional: bool
    skill_so_far: Figure
    interim_skill: Figure
    copies: Figure
    settled: ResolvedScores
    direction: DirectionalAccuracy | None
    direction_reason: str
    convergence: Convergence
    time_to_convergence: TimeToConvergence
    profit: tuple[ProfitAndLoss, ...]
    top: tuple[Performer, ...]
    poor: tuple[Performer, ...]


def build_report(tracked: Tracked) -> Report:
    """Will compute every figure of an experiment's report."""
    rng = np.random.default_rng(SEED)
    settled = ~np.isnan(tracked.values)
    so_far = skills_so_far(tracked.skills, tracked.interim_skills, tracked.is_void)
    known = ~np.isnan(so_far)
    waiting = known & ~settled
    direction, reason = direction_of(tracked)
    top, poor = _performers(tracked, so_far, settled)
    return Report(
        counts=count(tracked),
        is_provisional=bool(waiting.any()),
        skill_so_far=mean_figure(
            so_far[known],
            pick(tracked.clusters, known),
            rng=rng,
            missing=NO_LOOK,
            within=DIFFERENCE,
        ),
        interim_skill=mean_figure(
            so_far[waiting],
            pick(tracked.clusters, waiting),
            rng=rng,
            missing=NONE_WAITS,
            within=DIFFERENCE,
        ),
        copies=share_figure(
            is_copy(tracked.probabilities, tracked.prices), tracked.clusters
        ),
        settled=score_resolved(resolved_of(tracked).take(settled)),
        direction=direction,
        direction_reason=reason,
        convergence=convergence_of(tracked),
        time_to_convergence=_time_to_convergence(tracked),
        profit=_profit(tracked),
        top=top,
        poor=poor,
    )


def skills_so_far(
    skills: FloatArray, interim_skills: FloatArray, is_void: BoolArray
) -> FloatArray:
    """Will give each prediction's settled skill, else its interim one; void: none.

    The interim skill is an unbiased forecast of the settled one where prices are a
    martingale, so both can stand in one mean, and what settles early is not all of it.
    """
    so_far = np.where(np.isnan(skills), interim_skills, skills)
    return np.where(is_void, np.nan, so_far)


def count(tracked: Tracked) -> Counts:
    """Count predictions and events by what is known of them."""
    settled = ~np.isnan(tracked.values)
    void = int(tracked.is_void.sum())
    return Counts(
        predictions=len(tracked),
        events=len(set(tracked.clusters)),
        settled=int(settled.sum()),
        settled_events=len(set(pick(tracked.clusters, settled))),
        void=void,
        open=len(tracked) - int(settled.sum()) - void,
        looked_at=int((~np.isnan(tracked.newest_prices)).sum()),
        price_shown=int(tracked.price_was_shown.sum()),
    )


def resolved_of(tracked: Tracked) -> Resolved:
    """Return the columns that scores of settled predictions need, of all of them."""
    return Resolved(
        probabilities=tracked.probabilities,
        values=tracked.values,
        prices=tracked.prices,
        closing_prices=tracked.closing_prices,
        confidences=tracked.confidences,
        clusters=tracked.clusters,
    )


def _differs(tracked: Tracked) -> BoolArray:
    """Tell which predictions did not agree with the market from the start."""
    distance = np.abs(tracked.probabilities - tracked.prices)
    return np.asarray(distance >= AGREEMENT - EPSILON, dtype=np.bool_)


def direction_of(tracked: Tracked) -> tuple[DirectionalAccuracy | None, str]:
    """Compare the newest valid price with both sides of the first one; else say why."""
    where = _differs(tracked) & ~np.isnan(tracked.newest_prices)
    found = directional_accuracy(
        tracked.probabilities[where],
        tracked.prices[where],
        tracked.newest_prices[where],
        pick(tracked.clusters, where),
        threshold=LEAST_MOVE,
    )
    if found is None:
        agreed = len(tracked) > 0 and not _differs(tracked).any()
        return None, ALL_AGREE if agreed else NO_LOOK
    return found, NEVER_MOVED if found.p is None else ""


def convergence_of(tracked: Tracked) -> Convergence:
    """Say how far and how fast the markets came nearer."""
    differs = _differs(tracked)
    moved = differs & ~np.isnan(tracked.convergences)
    rated = ~np.isnan(tracked.rates)
    shares = tracked.percentages[differs & ~np.isnan(tracked.percentages)]
    events = pick(tracked.clusters, differs & ~np.isnan(tracked.percentages))
    middle = float(np.median(np.clip(shares, -100, 100))) if len(shares) else None
    looked = not np.isnan(tracked.newest_prices).all()
    missing = NO_RATE if looked else NO_LOOK
    return Convergence(
        points=mean_figure(
            tracked.convergences[moved],
            pick(tracked.clusters, moved),
            missing=NO_LOOK,
            within=DIFFERENCE,
        ),
        percentage=Figure(
            middle,
            len(shares),
            len(set(events)),
            reason=NO_LOOK if middle is None else "",
        ),
        rate=mean_figure(
            tracked.rates[rated], pick(tracked.clusters, rated), missing=missing
        ),
        directions=dict(sorted(Counter(filter(None, tracked.directions)).items())),
        spread=spread_of(tracked.convergences[moved]),
    )


def _time_to_convergence(tracked: Tracked) -> TimeToConvergence:
    differs = _differs(tracked) & ~np.isnan(tracked.watched)
    reached = ~np.isnan(tracked.reached[differs])
    durations = np.where(reached, tracked.reached[differs], tracked.watched[differs])
    clusters = pick(tracked.clusters, differs)
    events = len(set(clusters))
    curve = kaplan_meier(np.maximum(durations, 0.0), reached, clusters)
    low, high = curve.median_interval
    reason = "" if curve.median is not None else NOT_HALF
    longest = float(durations.max()) if len(durations) else 0.0
    return TimeToConvergence(
        median_hours=Figure(
            curve.median,
            curve.n,
            events,
            low=low,
            high=high,
            reason=reason if curve.n else NO_LOOK,
        ),
        reached=curve.happened,
        shares={
            name: _share_by(curve, hours, longest, events)
            for name, hours in HORIZONS.items()
        },
        curve=reaching_points(curve),
    )


def _share_by(
    curve: SurvivalCurve, hours: float, longest: float, events: int
) -> Figure:
    if hours > longest:
        return Figure(None, curve.n, events, reason="nothing was watched for so long")
    left, interval = curve.at(hours)
    return Figure(
        1 - left,
        curve.n,
        events,
        low=None if interval is None else 1 - interval.high,
        high=None if interval is None else 1 - interval.low,
    )


def _profit(tracked: Tracked) -> tuple[ProfitAndLoss, ...]:
    paid = ~np.isnan(tracked.payouts)
    offers = Offers(
        probabilities=tracked.probabilities[paid],
        bids=tracked.bids[paid],
        asks=tracked.asks[paid],
        payouts=tracked.payouts[paid],
        fee_rates=tracked.fee_rates[paid],
        fee_exponents=tracked.fee_exponents[paid],
        fee_steps=tracked.fee_steps[paid],
        held_hours=tracked.held[paid],
        clusters=pick(tracked.clusters, paid),
    )
    return tuple(settle_bets(offers, staking) for staking in Staking)


def _performers(
    tracked: Tracked, so_far: FloatArray, settled: BoolArray
) -> tuple[tuple[Performer, ...], tuple[Performer, ...]]:
    known = np.flatnonzero(~np.isnan(so_far))
    order = known[np.argsort(-so_far[known], kind="stable")].tolist()
    rows = [
        Performer(tracked.prediction_ids[i], float(so_far[i]), not bool(settled[i]))
        for i in (*order[:PERFORMERS], *order[-PERFORMERS:])
    ]
    top = rows[: min(PERFORMERS, len(order))]
    poor = rows[len(top) :][::-1]
    return (
        tuple(one for one in top if one.skill > 0),
        tuple(one for one in poor if one.skill < 0),
    )
