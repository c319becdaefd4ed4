"""What a task family is, and how a suite is drawn from families by a seed."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from apps.benchmarks.domain.specs import TaskSpec

CODE_GENERATION = "code_generation"
DEBUGGING = "debugging"
CODE_REVIEW = "code_review"

# A family that cannot make this many tries differ has fewer exercises than tasks.
MAX_TRIES = 200


@dataclass(frozen=True, slots=True)
class Family:
    """A generator of tasks that test one skill.

    `draw` makes one task from the numbers of a seeded generator. It names what it
    drew in `metadata["exercise"]`, so that a suite holds no exercise twice.
    """

    slug: str
    title: str
    category: str
    tasks: int  # how many a suite holds
    draw: Callable[[random.Random], TaskSpec]


def draw_suite(families: Iterable[Family], seed: int) -> tuple[TaskSpec, ...]:
    """Draw the tasks of a suite; the same seed gives the same tasks.

    Every family has a generator of its own, so adding a family leaves the tasks of
    the others as they were.

    Args:
        families: The families, in the order in which their tasks shall stand.
        seed: Any integer; a monthly redraw takes another one.

    Returns:
        The tasks, with ids `family/1`, `family/2`, … and the seed in their metadata.

    Raises:
        ValueError: A family has fewer exercises than tasks.
    """
    return tuple(spec for family in families for spec in draw_family(family, seed))


def draw_family(family: Family, seed: int) -> tuple[TaskSpec, ...]:
    """Draw the tasks of one family, no exercise twice.

    Raises:
        ValueError: The family has fewer exercises than tasks.
    """
    # Reproducible on purpose: tasks are drawn, nothing is kept secret by it.
    rng = random.Random(f"{seed}:{family.slug}")  # noqa: S311
    drawn: dict[object, TaskSpec] = {}
    for _ in range(MAX_TRIES):
        if len(drawn) == family.tasks:
            break
        spec = family.draw(rng)
        drawn.setdefault(spec.metadata["exercise"], spec)
    if len(drawn) < family.tasks:
        raise ValueError(f"family {family.slug} has too few exercises")
    return tuple(
        replace(
            spec,
            task_id=f"{family.slug}/{number}",
            metadata={**spec.metadata, "seed": seed},
        )
        for number, spec in enumerate(drawn.values(), start=1)
    )
