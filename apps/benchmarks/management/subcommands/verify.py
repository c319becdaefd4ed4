"""`benchmarks verify`: do references pass and broken answers fail; or grade a file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from apps.benchmarks.domain.specs import Verdict
from apps.benchmarks.pipelines.verifying import (
    GradedSubmission,
    verify_answers,
    verify_references,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.core.management.base import CommandParser, OutputWrapper

NAME = "verify"
HELP = "Grade a suite's reference and broken answers, or a file of answers."
NEEDS_DATABASE = True

UNVERIFIED = 1  # a reference did not pass, or a broken answer did not fail
PROGRESS_STEPS = 20


def add_arguments(parser: CommandParser) -> None:
    """Declare the suite, the answers and the form of the output."""
    parser.add_argument("--suite", required=True, metavar="S", help="the suite")
    parser.add_argument(
        "--answers",
        metavar="FILE.jsonl",
        help="grade these instead: one object a line with id, task_id and code",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def handle(
    options: dict[str, Any], stdout: OutputWrapper, stderr: OutputWrapper
) -> int:
    """Grade, print the verdicts, and say by the status whether all is as it must be."""
    progress = _progress(stderr)
    if options["answers"] is None:
        graded = verify_references(options["suite"], progress)
    else:
        graded = verify_answers(options["suite"], options["answers"], progress)
    surprises = [item for item in graded if not item.is_as_expected]
    for item in surprises:
        stderr.write(_surprise(item))
    stdout.write(_as_json(graded) if options["json"] else _as_text(graded))
    return UNVERIFIED if surprises else 0


def _progress(stderr: OutputWrapper) -> Callable[[int, int], None]:
    """Report at every twentieth part of the way, so that a log stays short."""
    told = 0

    def report(done: int, total: int) -> None:
        nonlocal told
        step = done * PROGRESS_STEPS // total
        if step > told:
            told = step
            stderr.write(f"graded {done} of {total}", style_func=str)

    return report


def _count(graded: Sequence[GradedSubmission], verdict: Verdict) -> int:
    """Count a verdict where it is the expected one, or none was expected."""
    return sum(
        item.outcome.verdict is verdict and item.is_as_expected for item in graded
    )


def _unscored(graded: Sequence[GradedSubmission]) -> int:
    return sum(item.outcome.verdict is Verdict.UNSCORED for item in graded)


def _as_json(graded: Sequence[GradedSubmission]) -> str:
    return json.dumps(
        {
            "results": [
                {
                    "id": item.submission.submission_id,
                    "task_id": item.submission.spec.task_id,
                    "verdict": item.outcome.verdict.value,
                    "reason": item.outcome.reason,
                    "ms": round(item.outcome.milliseconds, 1),
                }
                for item in graded
            ],
            "passed": _count(graded, Verdict.PASS),
            "failed": _count(graded, Verdict.FAIL),
            "unscored": _unscored(graded),
        }
    )


def _as_text(graded: Sequence[GradedSubmission]) -> str:
    lines = [
        f"{item.outcome.verdict.value:8}  {item.submission.submission_id}"
        f"  {item.outcome.reason}".rstrip()
        for item in graded
        if item.submission.expected is None
    ]
    if lines:
        kinds = ("passed", "failed", "unscored")
    else:
        kinds = ("references passed", "broken answers failed", "unscored")
    counts = (
        _count(graded, Verdict.PASS),
        _count(graded, Verdict.FAIL),
        _unscored(graded),
    )
    totals = (f"{n} {kind}" for n, kind in zip(counts, kinds, strict=True))
    return "\n".join([*lines, ", ".join(totals)])


def _surprise(item: GradedSubmission) -> str:
    return (
        f"{item.submission.submission_id}: must {item.submission.expected}, is"
        f" {item.outcome.verdict}{item.outcome.reason and ': '}{item.outcome.reason}"
    )
