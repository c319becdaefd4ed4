"""`predictions status`: what is tracked, and how the last hours went."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from apps.core.web.twins import plain
from apps.markets.domain.markets import Nature
from apps.predictions.domain.words import BenchmarkStatus
from apps.predictions.management.hours import describe_job, write_lines
from apps.predictions.selectors.health import GRACE, check_hours
from apps.predictions.selectors.jobs import (
    count_by_status,
    get_last_job,
    list_missing_hours,
)
from apps.predictions.selectors.watched import list_watched_markets

if TYPE_CHECKING:
    from django.core.management.base import CommandParser, OutputWrapper

NAME = "status"
HELP = (
    "Tell how many predictions are tracked, how the last hour's job went, and which "
    "hours of the last day have none. Exit status 1: something is wrong."
)
NEEDS_DATABASE = True

WRONG = 1
LOOKED_BACK = timedelta(hours=23)


def add_arguments(parser: CommandParser) -> None:
    """Declare the form of the output."""
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def handle(
    options: dict[str, Any], stdout: OutputWrapper, _stderr: OutputWrapper
) -> int:
    """Read and print."""
    now = timezone.now()
    job, finding, due = get_last_job(), check_hours(now), now - GRACE
    natures = count_by_status()
    document = {
        "predictions": {
            status.lower(): sum(one[status] for one in natures.values())
            for status in BenchmarkStatus
        },
        "natures": {
            nature.value: {status.lower(): n for status, n in counts.items()}
            for nature, counts in natures.items()
        },
        "markets_watched": len(list_watched_markets()),
        "last_job": None if job is None else describe_job(job),
        "missing_hours": [
            plain(hour)
            for hour in list_missing_hours(since=due - LOOKED_BACK, until=due)
        ],
        "ok": finding.ok,
        "detail": finding.detail,
        "advice": "" if finding.ok else finding.advice,
    }
    text = json.dumps(document, indent=2) if options["json"] else _as_text(document)
    stdout.write(text)
    return 0 if finding.ok else WRONG


def _as_text(document: dict[str, Any]) -> str:
    counts = ", ".join(f"{n} {status}" for status, n in document["predictions"].items())
    lines = [f"predictions: {counts}; {document['markets_watched']} markets watched"]
    lines += _other_natures(document["natures"])
    job = document["last_job"]
    if job is None:
        lines.append("no hour has had a job")
    else:
        lines.append(f"{job['hour']}: {job['status']}")
        lines += write_lines(job)
    missing = document["missing_hours"]
    if missing:
        lines.append(f"{len(missing)} hours without a job: {', '.join(missing)}")
    lines.append(f"{'✓' if document['ok'] else '✗'} {document['detail']}")
    if document["advice"]:
        lines.append(document["advice"])
    return "\n".join(lines)


def _other_natures(natures: dict[str, dict[str, int]]) -> list[str]:
    """Return a line for each nature but live that there are predictions of."""
    return [
        f"  of them {nature}: "
        + ", ".join(f"{n} {status}" for status, n in counts.items())
        for nature, counts in natures.items()
        if nature != Nature.LIVE.value and any(counts.values())
    ]
