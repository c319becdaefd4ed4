"""The families that tasks are drawn from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.benchmarks.domain.families.algorithms import ALGORITHMS
from apps.benchmarks.domain.families.base import (
    Family,
    draw_family,
    draw_suite,
)
from apps.benchmarks.domain.families.classes import CLASS_FAMILY
from apps.benchmarks.domain.families.integers import INTEGERS
from apps.benchmarks.domain.families.lists import LISTS
from apps.benchmarks.domain.families.orders import LIST_ORDER
from apps.benchmarks.domain.families.programs import PROGRAM_FAMILY
from apps.benchmarks.domain.families.repairs import REPAIRS
from apps.benchmarks.domain.families.reviews import REVIEWS
from apps.benchmarks.domain.families.scalars import SCALARS
from apps.benchmarks.domain.families.texts import TEXTS

if TYPE_CHECKING:
    from apps.benchmarks.domain.specs import TaskSpec

STARTER: tuple[Family, ...] = (
    *SCALARS,
    *LISTS,
    *LIST_ORDER,
    *TEXTS,
    INTEGERS,
    ALGORITHMS,
    CLASS_FAMILY,
    PROGRAM_FAMILY,
    *REPAIRS,
    *REVIEWS,
)

__all__ = ["STARTER", "Family", "draw_family", "draw_starter", "draw_suite"]


def draw_starter(seed: int) -> tuple[TaskSpec, ...]:
    """Draw the suite `starter`; the same seed gives the same tasks."""
    return draw_suite(STARTER, seed)
