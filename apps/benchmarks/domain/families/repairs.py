"""Debugging: a function with one planted defect, to be put right."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from apps.benchmarks.domain.families.base import DEBUGGING, Family
from apps.benchmarks.domain.families.defects import Defect, DefectKind, Subject
from apps.benchmarks.domain.families.exercises import ANSWER_WITH_CODE, call_source
from apps.benchmarks.domain.families.subjects import SUBJECTS
from apps.benchmarks.domain.specs import CallsCheck, Step, TaskKind, TaskSpec

if TYPE_CHECKING:
    import random

RANDOM_CALLS = 12


def _check(subject: Subject, defect: Defect, rng: random.Random) -> CallsCheck:
    """Call what every defect of the function is shown by, the planted one first."""
    shown = [defect.shown_by, *(other.shown_by for other in subject.defects)]
    calls = [*shown, *(subject.sample(rng) for _ in range(RANDOM_CALLS))]
    return CallsCheck(
        tuple(Step(args=args, expected=subject.solve(*args)) for args in calls)
    )


def repair_task(
    subject: Subject, defect: Defect, family: str, rng: random.Random
) -> TaskSpec:
    """Make a task that shows a defective function and asks for the right one.

    The defective function itself is among the broken answers, so an answer that
    repeats what it was shown fails.
    """
    check = _check(subject, defect, rng)
    wrong = subject.source_with(defect)
    others = (other for other in subject.defects if other is not defect)
    first = check.steps[0]
    return TaskSpec(
        task_id=family,
        family=family,
        category=DEBUGGING,
        kind=TaskKind.PYTHON_FUNCTION,
        prompt=(
            f"This Python function has one bug. It should be a function that"
            f" {subject.does}.\n\n```python\n{wrong}```\n\n"
            f"For example, `{call_source(subject.name, first.args)}` should return"
            f" `{first.expected!r}`, and it does not.\n\n"
            f"Write the function without the bug. {ANSWER_WITH_CODE}"
        ),
        entry_point=subject.name,
        check=check,
        reference=subject.source,
        broken=(wrong, *(subject.source_with(other) for other in others)),
        metadata={"exercise": subject.name, "defect": defect.kind.value},
    )


def _draw(kinds: tuple[DefectKind, ...], family: str, rng: random.Random) -> TaskSpec:
    planted = [
        (subject, defect)
        for subject in SUBJECTS
        for defect in subject.defects
        if defect.kind in kinds
    ]
    subject, defect = rng.choice(planted)
    return repair_task(subject, defect, family, rng)


def _family(slug: str, title: str, tasks: int, *kinds: DefectKind) -> Family:
    return Family(slug, title, DEBUGGING, tasks, partial(_draw, kinds, slug))


REPAIRS: tuple[Family, ...] = (
    _family("repair-operator", "A wrong operator", 2, DefectKind.WRONG_OPERATOR),
    _family(
        "repair-boundary",
        "A loop that begins or ends at the wrong place",
        1,
        DefectKind.OFF_BY_ONE,
        DefectKind.EARLY_RETURN,
    ),
    _family(
        "repair-value",
        "A wrong variable or first value",
        1,
        DefectKind.WRONG_START,
        DefectKind.WRONG_VARIABLE,
    ),
)
