"""The suite that every installation has, drawn afresh each month."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.benchmarks.domain.families import draw_starter
from apps.benchmarks.services.suites import store_suite_version

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

STARTER_SLUG = "starter"


@dataclass(frozen=True, slots=True)
class StarterLoad:
    """The version of the starter suite that stands for a month."""

    version_id: UUID
    seed: int
    is_new: bool


def month_seed(day: date) -> int:
    """Return the seed of a month, such as 202603: everyone draws the same tasks."""
    return day.year * 100 + day.month


def load_starter(*, now: datetime) -> StarterLoad:
    """Draw this month's starter suite and store it where it is missing.

    New numbers each month keep what was published from being learnt by heart.
    """
    seed = month_seed(now.date())
    version_id, is_new = store_suite_version(
        slug=STARTER_SLUG,
        title="Starter",
        description=(
            "Small tasks in writing, mending and reviewing code, drawn anew each month."
        ),
        source=f"drawn by seed {seed}",
        seed=seed,
        specs=draw_starter(seed),
        now=now,
    )
    return StarterLoad(version_id, seed, is_new)
