"""Grading code that no model was asked for: references, broken answers, anyone's."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from apps.benchmarks.domain.imports.answer_lines import parse_answers
from apps.benchmarks.domain.specs import Verdict
from apps.benchmarks.gateways.sandbox import detect_sandbox
from apps.benchmarks.pipelines.grading import grade_code
from apps.benchmarks.pipelines.importing import read_file
from apps.benchmarks.selectors.suites import SYSTEM, get_suite_version, get_tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from apps.benchmarks.domain.specs import GradeOutcome, TaskSpec
    from apps.benchmarks.gateways.sandbox import Sandbox


@dataclass(frozen=True, slots=True)
class Submission:
    """Code to be graded, and the verdict that it must get, if one is known."""

    submission_id: str | int
    spec: TaskSpec
    code: str
    expected: Verdict | None = None


@dataclass(frozen=True, slots=True)
class GradedSubmission:
    """A submission with what became of it."""

    submission: Submission
    outcome: GradeOutcome

    @property
    def is_as_expected(self) -> bool:
        """Say whether the verdict is the expected one, or none was."""
        return self.submission.expected in {None, self.outcome.verdict}


def verify_references(
    suite: str, on_progress: Callable[[int, int], None]
) -> tuple[GradedSubmission, ...]:
    """Grade the reference answer and the broken answers of every task of a suite.

    Args:
        suite: The slug of the suite, whose newest version counts.
        on_progress: Called after each answer with how many are graded, of how many.

    Returns:
        For each task in order its reference, then its broken answers.

    Raises:
        NotFoundError: there is no such suite.
    """
    submissions = [
        submission for spec in _specs(suite) for submission in _known_answers(spec)
    ]
    return asyncio.run(grade_all(submissions, detect_sandbox(), on_progress))


def verify_answers(
    suite: str, path: str, on_progress: Callable[[int, int], None]
) -> tuple[GradedSubmission, ...]:
    """Grade the answers of a file against the tasks of a suite, in the file's order.

    Args:
        suite: The slug of the suite, whose newest version counts.
        path: A file as `domain.imports.answer_lines` reads it.
        on_progress: Called after each answer with how many are graded, of how many.

    Raises:
        InvalidInputError: the file is malformed; nothing is graded then.
        NotFoundError: there is no such suite.
    """
    specs = {spec.task_id: spec for spec in _specs(suite)}
    answers = read_file(path, partial(parse_answers, task_ids=specs))
    submissions = [
        Submission(answer.answer_id, specs[answer.task_id], answer.code)
        for answer in answers
    ]
    return asyncio.run(grade_all(submissions, detect_sandbox(), on_progress))


async def grade_all(
    submissions: Sequence[Submission],
    sandbox: Sandbox,
    on_progress: Callable[[int, int], None],
) -> tuple[GradedSubmission, ...]:
    """Grade submissions side by side, as many at a time as there are cores.

    Returns:
        The graded submissions in the order of the submissions.
    """
    graded = 0

    async def grade(submission: Submission) -> GradedSubmission:
        nonlocal graded
        outcome = await grade_code(submission.spec, submission.code, sandbox=sandbox)
        graded += 1
        on_progress(graded, len(submissions))
        return GradedSubmission(submission, outcome)

    return tuple(await asyncio.gather(*map(grade, submissions)))


def _specs(suite: str) -> list[TaskSpec]:
    version = get_suite_version(SYSTEM, suite)
    return [task.spec for task in get_tasks(version.id)]


def _known_answers(spec: TaskSpec) -> list[Submission]:
    reference = Submission(
        f"{spec.task_id}:reference", spec, spec.reference, Verdict.PASS
    )
    broken = [
        Submission(f"{spec.task_id}:broken-{number}", spec, code, Verdict.FAIL)
        for number, code in enumerate(spec.broken, start=1)
    ]
    return [reference, *broken]
