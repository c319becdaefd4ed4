"""Forecasters without knowledge on PredictIt's 2020 prices, ranked in two ways.

`python -m tests.predictions.predictit` prints the table of
docs/explanation/why-not-convergence.md from a recorded history, where there is one.
"""

from __future__ import annotations

import csv
import gzip
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from apps.core.domain.forecasts import paired_skills
from apps.predictions.domain.movement import AGREEMENT, interim_skill

if TYPE_CHECKING:
    from apps.core.domain.moments import BoolArray, FloatArray

HISTORY = "shared/data/markets/history/predictit"
END = datetime(2020, 9, 29, 3, tzinfo=UTC)
WINDOW = timedelta(days=30)
SEEDS = 200
LONGEST_GAP_HOURS = 48


@dataclass(frozen=True, slots=True, eq=False)
class Prices:
    """Each contract's price when predicted, three quarters on, last; and what came."""

    first: FloatArray
    later: FloatArray
    last: FloatArray
    came: FloatArray


@dataclass(frozen=True, slots=True)
class Measured:
    """One forecaster, on contracts from which it differs by two points or more.

    `after` is to the last price, `through` to the outcome itself. The two rhos are
    Spearman's with the final skill, over contracts.
    """

    skill: float
    skill_score: float
    interim: float
    convergence: float
    converged: float
    converged_through: float
    median_through: float
    interim_rho: float
    convergence_rho: float


def find_history() -> Path | None:
    """Return the folder of the recorded prices, where the machine has it."""
    for folder in Path(__file__).resolve().parents:
        if (folder / HISTORY).is_dir():
            return folder / HISTORY
    return None


def read_prices(folder: Path) -> Prices:
    """Read contracts between 5 and 95 cents thirty days before the last price."""
    with (folder / "predictit_2020_outcomes_handcoded.csv").open() as file:
        outcomes = {row["cid"]: float(row["outcome"]) for row in csv.DictReader(file)}
    closes: dict[str, dict[str, float]] = {cid: {} for cid in outcomes}
    with gzip.open(folder / "predictit_2020_hourly.csv.gz", "rt") as lines:
        for row in csv.DictReader(lines):
            if row["cid"] in closes:
                closes[row["cid"]][row["time"]] = float(row["close"])
    moments = (END - WINDOW, END - WINDOW / 4, END)
    columns = np.array(
        [
            [*(_price_at(closes[cid], moment) for moment in moments), came]
            for cid, came in outcomes.items()
        ]
    ).T
    inside = (columns[0] >= 0.05) & (columns[0] <= 0.95)
    return Prices(*columns[:, inside])


def _price_at(closes: dict[str, float], moment: datetime) -> float:
    for back in range(LONGEST_GAP_HOURS):
        hour = moment - timedelta(hours=back)
        found = closes.get(f"{hour:%Y-%m-%dT%H}:00:00Z")
        if found is not None:
            return found
    return float("nan")


def forecast(first: FloatArray, rng: np.random.Generator) -> dict[str, FloatArray]:
    """Make the forecasts of five who know nothing but the price."""
    near = (first >= 0.5).astype(np.float64)
    return {
        "all the way to the nearer end": near,
        "30 % of the way": first + 0.3 * (near - first),
        "price and noise": np.clip(first + rng.normal(0, 0.1, len(first)), 0.01, 0.99),
        "always one half": np.full(len(first), 0.5),
        "any number": rng.uniform(size=len(first)),
    }


def measure(prices: Prices) -> dict[str, Measured]:
    """Score every forecaster, the random ones as the mean of many draws."""
    drawn: dict[str, list[tuple[float, ...]]] = {}
    for seed in range(SEEDS):
        for name, q in forecast(prices.first, np.random.default_rng(seed)).items():
            drawn.setdefault(name, []).append(_measure(q, prices))
    return {
        name: Measured(*(float(value) for value in np.mean(rows, axis=0)))
        for name, rows in drawn.items()
    }


def _measure(q: FloatArray, prices: Prices) -> tuple[float, ...]:
    first, came = prices.first, prices.came
    distance = np.abs(q - first)
    differs = distance >= AGREEMENT
    final = paired_skills(q, first, came)
    interim = interim_skill(q, first, prices.later)
    after = distance - np.abs(q - prices.last)
    through = distance - np.abs(q - came)
    return (
        float(final.mean()),
        float(final.mean() / ((first - came) ** 2).mean()),
        float(interim.mean()),
        float(after[differs].mean()),
        float((after[differs] > 0).mean()),
        float((through[differs] > 0).mean()),
        float(np.median((100 * through / np.maximum(distance, 1e-9))[differs])),
        _rho(interim, final, differs),
        _rho(after, final, differs),
    )


def _rho(column: FloatArray, final: FloatArray, where: BoolArray) -> float:
    return float(stats.spearmanr(column[where], final[where]).statistic)


def ranking(found: dict[str, Measured], by: str) -> list[str]:
    """Name the forecasters, best first by one of the columns."""
    return sorted(found, key=lambda name: -getattr(found[name], by))


def main() -> int:
    """Print a line for each forecaster, best first by final skill."""
    folder = find_history()
    if folder is None:
        sys.stderr.write(f"There is no {HISTORY} here.\n")
        return 1
    prices = read_prices(folder)
    found = measure(prices)
    sys.stdout.write(f"{len(prices.first)} contracts\n")
    for name in ranking(found, "skill"):
        one = found[name]
        sys.stdout.write(
            f"{name:30} skill {one.skill:+.4f} ({one.skill_score:+.0%}),"
            f" interim {one.interim:+.4f}, convergence {one.convergence:+.4f}"
            f" ({one.converged:.0%} > 0), through the end {one.converged_through:.0%}"
            f" > 0, median {one.median_through:+.0f} %, rho with skill: interim"
            f" {one.interim_rho:+.2f}, convergence {one.convergence_rho:+.2f}\n"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
