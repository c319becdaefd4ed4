"""Functions to write: an exercise becomes a `python_function` task."""

from __future__ import annotations

from dataclasses import dataclass, field
from string import Template
from textwrap import dedent, indent
from typing import TYPE_CHECKING

from apps.benchmarks.domain.families.base import CODE_GENERATION, Family
from apps.benchmarks.domain.specs import CallsCheck, Step, TaskKind, TaskSpec

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping

Args = tuple[object, ...]

ANSWER_WITH_CODE = "Answer with the code only, in one Python code block."
RANDOM_CALLS = 12
EXAMPLES = 2


@dataclass(frozen=True, slots=True)
class Exercise:
    """A function described in words, with a trusted solution to compare with.

    `does` completes "a function that …". `does`, `body` and `broken` may hold
    `$name` for each name of `constants`, whose drawn value `solve` gets by keyword.
    `body` and `solve` are two implementations of the same thing: the first is the
    reference answer, the second computes what the checks expect.
    """

    slug: str
    names: tuple[str, ...]  # function names to draw from
    params: str
    does: str
    body: str
    broken: tuple[str, ...]
    solve: Callable[..., object]
    edges: tuple[Args, ...]  # always called; the first ones are shown as examples
    sample: Callable[[random.Random], Args]
    constants: Mapping[str, tuple[object, ...]] = field(default_factory=dict)
    difficulty: str = "easy"
    tolerance: float = 0.0


def tidied(code: str) -> str:
    """Return code that stands indented between other lines as it would stand alone."""
    return dedent(code).strip("\n")


def function_source(name: str, params: str, body: str) -> str:
    """Write a function as text from its name, parameters and body."""
    return f"def {name}({params}):\n{indent(tidied(body), '    ')}\n"


def call_source(name: str, args: Args) -> str:
    """Write a call as text, as it would be typed."""
    return f"{name}({', '.join(map(repr, args))})"


def calls_check(exercise: Exercise, calls: list[Args], **drawn: object) -> CallsCheck:
    """Compute what each call must return with the trusted solution."""
    return CallsCheck(
        tuple(
            Step(
                args=args,
                expected=exercise.solve(*args, **drawn),
                tolerance=exercise.tolerance,
            )
            for args in calls
        )
    )


def exercise_task(exercise: Exercise, family: str, rng: random.Random) -> TaskSpec:
    """Draw a task that asks for the function of an exercise.

    Args:
        exercise: What to ask for.
        family: The slug of the family that the task belongs to.
        rng: Decides on the function's name, the constants and the random calls.
    """
    name = rng.choice(exercise.names)
    drawn = {key: rng.choice(values) for key, values in exercise.constants.items()}
    calls = [*exercise.edges, *(exercise.sample(rng) for _ in range(RANDOM_CALLS))]
    check = calls_check(exercise, calls, **drawn)

    def filled(text: str) -> str:
        return Template(text).substitute(drawn)

    def answer(body: str) -> str:
        return function_source(name, exercise.params, filled(body))

    examples = "\n".join(
        f"- `{call_source(name, step.args)}` returns `{step.expected!r}`"
        for step in check.steps[:EXAMPLES]
    )
    return TaskSpec(
        task_id=family,
        family=family,
        category=CODE_GENERATION,
        kind=TaskKind.PYTHON_FUNCTION,
        prompt=(
            f"Write a Python function `{name}({exercise.params})` that "
            f"{filled(exercise.does)}.\n\nExamples:\n{examples}\n\n{ANSWER_WITH_CODE}"
        ),
        entry_point=name,
        check=check,
        reference=answer(exercise.body),
        broken=tuple(answer(body) for body in exercise.broken),
        difficulty=exercise.difficulty,
        metadata={"exercise": exercise.slug},
    )


def exercise_family(
    slug: str, title: str, exercises: tuple[Exercise, ...], *, tasks: int
) -> Family:
    """Make a family whose tasks each ask for one function of a list."""

    def draw(rng: random.Random) -> TaskSpec:
        return exercise_task(rng.choice(exercises), slug, rng)

    return Family(slug, title, CODE_GENERATION, tasks, draw)
