"""Jobs and looks as documents, and as lines for people."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from apps.core.console import number
from apps.core.web.twins import plain
from apps.markets.domain.markets import Nature
from apps.predictions.selectors.jobs import UNTOLD
from apps.predictions.selectors.predictions import get_predictions
from apps.predictions.selectors.snapshots import snapshots_of_hour

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from apps.predictions.domain.hours import Counts, Tally
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
        "natures": plain(job.natures),
        "takes": job.takes,
        "reason": job.reason,
        "started_at": plain(job.started_at),
        "finished_at": plain(job.finished_at),
    }


def describe_tally(tally: Tally) -> dict[str, Any]:
    """Return the result of a look apart from the job, in the same words."""
    phases = {name: round(getattr(tally, name)) for name in PHASES}
    natures = {nature.value: _describe_counts(tally.of(nature)) for nature in Nature}
    return {
        **_describe_counts(tally.total),
        "errors": [asdict(one) for one in tally.errors],
        "duration_ms": sum(phases.values()),
        **phases,
        "natures": natures,
    }


def _describe_counts(counts: Counts) -> dict[str, int]:
    return {
        **{name: getattr(counts, name) for name in _COUNTS},
        "markets_tracked": counts.markets,
    }


def write_lines(result: Mapping[str, Any]) -> Iterator[str]:
    """Yield a result as lines for a person: counts, of which nature, phases, errors."""
    if result.get("dry_run"):
        yield "dry run: nothing is stored"
    yield (
        f"{result['total_processed']} predictions on {result['markets_tracked']} "
        f"markets: {result['successful']} successful, {result['failed']} failed, "
        f"{result['skipped']} skipped"
    )
    yield from _nature_lines(result["natures"])
    fetching, computing, storing = (result[name] / 1000 for name in PHASES)
    yield (
        f"{result['duration_ms'] / 1000:.1f} s: fetching {fetching:.1f} s, "
        f"computing {computing:.1f} s, storing {storing:.1f} s"
    )
    for one in result["errors"]:
        yield f"  {one['prediction_id']}: {one['error']}"
    for one in result.get("would_store", ()):
        yield f"  {one['prediction_id']}: {_would_be_line(one)}"


def list_would_be(ids: Sequence[UUID], hour: datetime) -> list[dict[str, Any]]:
    """Return what stands of predictions and of their hour, before it is taken back."""
    looks = snapshots_of_hour(ids, hour)
    return [
        {
            "prediction_id": str(key),
            "status": row.status.value,
            "snapshot": plain(looks.get(key)),
            "summary": plain(row.summary),
        }
        for key, row in get_predictions(ids).items()
    ]


def _would_be_line(one: Mapping[str, Any]) -> str:
    look, summary = one["snapshot"], one["summary"]
    if summary["settled_at"] is not None:
        scores = f"Brier {number(summary['brier'])}, skill {number(summary['skill'])}"
        return "void" if summary["is_void"] else f"settled, {scores}"
    if look is None:
        return "no snapshot of this hour"
    flags = f", flags {' '.join(look['flags'])}" if look["flags"] else ""
    return (
        f"{look['movement_direction']}, price {number(look['market_price_yes'])} of the"
        f" first outcome, difference {number(look['abs_delta'])}, gone so far"
        f" {number(look['cumulative_convergence'])}, rate"
        f" {number(look['convergence_rate'])} an hour, interim skill"
        f" {number(look['interim_skill'])}{flags}"
    )


def _nature_lines(natures: Mapping[str, Any] | None) -> Iterator[str]:
    """Yield a line for each nature that there is; none where all is live."""
    if natures is None:
        yield f"  {UNTOLD}"
        return
    present = {name: one for name, one in natures.items() if one["total_processed"]}
    if set(present) <= {Nature.LIVE.value}:
        return
    for name, one in present.items():
        yield (
            f"  {name}: {one['total_processed']} on {one['markets_tracked']} markets: "
            f"{one['successful']} successful, {one['failed']} failed, "
            f"{one['skipped']} skipped"
        )
