"""Jobs and looks as documents, and as lines for people."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from apps.core.web.twins import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from apps.predictions.domain.hours import Tally
    from apps.predictions.selectors.jobs import JobRow

PHASES = ("fetching_ms", "computing_ms", "storing_ms")
_COUNTS = ("total_processed", "successful", "failed", "skipped")


def describe_job(job: JobRow) -> dict[str, Any]:
    """Return the result of an hour's job."""
    return {
        "hour": plain(job.hour),
        "status": job.status.value,
        **{name: getattr(job, name) for name in _COUNTS},
        "errors": [asdict(one) for one in job.errors],
        "duration_ms": job.duration_ms,
        **{name: getattr(job, name) for name in PHASES},
        "markets_tracked": job.markets_tracked,
        "movements": dict(job.movements),
        "takes": job.takes,
        "reason": job.reason,
        "started_at": plain(job.started_at),
        "finished_at": plain(job.finished_at),
    }


def describe_tally(tally: Tally) -> dict[str, Any]:
    """Return the result of a look apart from the job, in the same words."""
    phases = {name: round(getattr(tally, name)) for name in PHASES}
    return {
        **{name: getattr(tally, name) for name in _COUNTS},
        "errors": [asdict(one) for one in tally.errors],
        "duration_ms": sum(phases.values()),
        **phases,
        "markets_tracked": tally.markets,
    }


def write_lines(result: Mapping[str, Any]) -> Iterator[str]:
    """Yield a result as lines for a person: counts, phases, errors."""
    yield (
        f"{result['total_processed']} predictions on {result['markets_tracked']} "
        f"markets: {result['successful']} successful, {result['failed']} failed, "
        f"{result['skipped']} skipped"
    )
    fetching, computing, storing = (result[name] / 1000 for name in PHASES)
    yield (
        f"{result['duration_ms'] / 1000:.1f} s: fetching {fetching:.1f} s, "
        f"computing {computing:.1f} s, storing {storing:.1f} s"
    )
    for one in result["errors"]:
        yield f"  {one['prediction_id']}: {one['error']}"
