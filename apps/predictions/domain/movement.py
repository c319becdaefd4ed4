"""Where a market went, seen from a prediction: the metrics of one look at the price.

All prices are those of the predicted outcome, from 0 to 1; a difference of prices is in
probability points (0.05 is five). `q` is the prediction, `p0` the market when it was
made, `p` the market now. Times are seconds since 1970. Everything is computed for many
predictions at once: arrays of one length, in which NaN stands for what there is not.

Movement describes a market and does not judge a prediction. On its way to 0 or 1 a
price passes a moderate and right prediction, and all that follows counts as diverging;
ranked by convergence, the most overconfident comes first. What ranks is
`interim_skill`, which needs no division and is what the Brier score gains over the
market in the end, expected from the price of now, as long as prices are a martingale.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from apps.predictions.domain.words import Movement

if TYPE_CHECKING:
    from collections.abc import Mapping

Floats: TypeAlias = NDArray[np.float64]
Bools: TypeAlias = NDArray[np.bool_]
Codes: TypeAlias = NDArray[np.int8]

HOUR_SECONDS = 3600.0
# A smaller move is none, whatever the tick and the spread are.
LEAST_MOVE = 0.005
# Prediction and market that are no further apart than this were one from the start.
AGREEMENT = 0.02
# Two looks closer in time than this say nothing about a speed.
LEAST_ELAPSED_SECONDS = HOUR_SECONDS / 10
# What rounding may add to a difference of two prices.
EPSILON = 1e-9

# How far back each window goes, in hours, by the end of its column's name.
WINDOWS = {"1h": 1, "6h": 6, "24h": 24, "7d": 168}
# A price may be older than a window's beginning by this share of the window.
WINDOW_TOLERANCE = 0.1
# Jobs do not begin to the second; a price this much too young opens a window still.
WINDOW_SLACK_SECONDS = 60.0

# What the codes of `Movements.direction` mean; 0 is a look that tells no direction.
DIRECTIONS = ("", *(one.value for one in Movement))
_CODE = {word: number for number, word in enumerate(DIRECTIONS)}


@dataclass(frozen=True, slots=True)
class Tracks:
    """Predictions, and what the looks before have left of each.

    `valid_price` and `valid_at` are of the newest price that no flag speaks against;
    `reached` says that the price had crossed the prediction already.
    """

    probability: Floats
    initial_price: Floats
    predicted_at: Floats
    valid_price: Floats
    valid_at: Floats
    reached: Bools


@dataclass(frozen=True, slots=True)
class Looks:
    """What the markets of the same predictions show now.

    A look that is not `usable` is one whose flags leave the price without meaning.
    `tick` and `spread` are NaN where nobody knows them.
    """

    price: Floats
    spread: Floats
    tick: Floats
    observed_at: Floats
    usable: Bools


@dataclass(frozen=True, slots=True)
class PastPrices:
    """The newest valid prices up to the beginning of a window, and when they were."""

    price: Floats
    observed_at: Floats


@dataclass(frozen=True, slots=True)
class Movements:
    """The metrics of a snapshot, named as its columns; NaN where there is none.

    `direction` holds codes into `DIRECTIONS`. `reached_now` marks the first crossing.
    `moves_valid` marks the looks that become the newest valid price.
    """

    abs_delta: Floats
    cumulative_convergence: Floats
    convergence_percentage: Floats
    direction: Codes
    convergence_rate: Floats
    windows: Mapping[str, Floats]
    interim_skill: Floats
    hours_since_prediction: Floats
    reached_now: Bools
    moves_valid: Bools


def in_frame(first_outcome_price: Floats, outcome: Codes) -> Floats:
    """Turn prices of the first outcome into those of the predicted one."""
    return np.where(outcome == 0, first_outcome_price, 1.0 - first_outcome_price)


def measure(
    tracks: Tracks, looks: Looks, now: float, past: Mapping[str, PastPrices]
) -> Movements:
    """Will return the metrics of one look at every prediction.

    `now` is when the look was taken, `past` has the prices of each of `WINDOWS`. The
    formulas stand in `docs/reference/prediction-metrics.md`.
    """
    q, p = tracks.probability, looks.price
    delta = np.abs(q - p)
    initial_delta = np.abs(q - tracks.initial_price)
    agrees = initial_delta < AGREEMENT - EPSILON
    crossed = looks.usable & ~agrees & _has_crossed(tracks, p)
    moved = np.abs(q - tracks.valid_price) - delta
    cumulative = initial_delta - delta
    reached = tracks.reached | crossed
    return Movements(
        abs_delta=delta,
        cumulative_convergence=cumulative,
        convergence_percentage=np.divide(
            100.0 * cumulative, initial_delta, out=_none(q), where=~agrees
        ),
        direction=_direction(looks, moved, agrees=agrees, reached=reached),
        convergence_rate=_rate(tracks, looks, moved, agrees),
        windows={
            name: _window(tracks, looks, delta, now=now, hours=hours, past=past[name])
            for name, hours in WINDOWS.items()
        },
        interim_skill=interim_skill(q, tracks.initial_price, p),
        hours_since_prediction=(now - tracks.predicted_at) / HOUR_SECONDS,
        reached_now=crossed & ~tracks.reached,
        moves_valid=looks.usable & ~(looks.observed_at <= tracks.valid_at),
    )


def interim_skill(probability: Floats, initial_price: Floats, price: Floats) -> Floats:
    """Return `(p0 - p)² - (q - p)²`: positive where the prediction is ahead."""
    return (initial_price - price) ** 2 - (probability - price) ** 2


def movement_threshold(tick: Floats, spread: Floats) -> Floats:
    """Return the smallest move that is one: 0.005, a tick or half the spread."""
    return np.fmax(LEAST_MOVE, np.fmax(tick, spread / 2.0))


def _has_crossed(tracks: Tracks, price: Floats) -> Bools:
    """Say where the prediction lies no longer on the side that it was on at first."""
    side = np.sign(tracks.probability - tracks.initial_price)
    return np.asarray(side * (tracks.probability - price) <= EPSILON, dtype=np.bool_)


def _direction(looks: Looks, moved: Floats, *, agrees: Bools, reached: Bools) -> Codes:
    threshold = movement_threshold(looks.tick, looks.spread) - EPSILON
    cases = (
        (~looks.usable, ""),
        (agrees, Movement.AGREES),
        (reached, Movement.REACHED),
        (np.isnan(moved), ""),
        (moved >= threshold, Movement.CONVERGING),
        (moved <= -threshold, Movement.DIVERGING),
    )
    return np.select(
        [where for where, _ in cases],
        [np.int8(_CODE[word]) for _, word in cases],
        default=np.int8(_CODE[Movement.STABLE]),
    )


def _rate(tracks: Tracks, looks: Looks, moved: Floats, agrees: Bools) -> Floats:
    """Return points an hour towards the prediction since the valid look before."""
    elapsed = looks.observed_at - tracks.valid_at
    is_rated = looks.usable & ~agrees & (elapsed >= LEAST_ELAPSED_SECONDS)
    return np.divide(moved, elapsed / HOUR_SECONDS, out=_none(moved), where=is_rated)


def _window(
    tracks: Tracks,
    looks: Looks,
    delta: Floats,
    *,
    now: float,
    hours: int,
    past: PastPrices,
) -> Floats:
    """Return the points towards the prediction within the last hours."""
    begins = now - hours * HOUR_SECONDS
    oldest = begins - WINDOW_TOLERANCE * hours * HOUR_SECONDS
    fits = (
        (past.observed_at <= begins + WINDOW_SLACK_SECONDS)
        & (past.observed_at >= oldest)
        & (past.observed_at >= tracks.predicted_at)
    )
    gained = np.abs(tracks.probability - past.price) - delta
    return np.where(looks.usable & fits, gained, np.nan)


def _none(like: Floats) -> Floats:
    return np.full_like(like, np.nan)
