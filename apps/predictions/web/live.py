"""The live monitor: what is watched, and how the newest hours went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.accounts.viewers import viewer_of
from apps.core.web.twins import csv_response, json_response
from apps.markets.domain.markets import Nature
from apps.predictions.domain.hours import HOUR, hour_of
from apps.predictions.selectors.health import GRACE
from apps.predictions.selectors.jobs import JobRow, list_jobs, name_missing_hours
from apps.predictions.selectors.monitor import Monitor, get_monitor, show_jobs
from apps.predictions.web.bars import Bar, nature_bars
from apps.predictions.web.narrowing import link_rows, write_hour

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from apps.accounts.selectors.workspaces import Viewer

DAY = timedelta(days=1)
SHOWN_ERRORS = 5
# When the scheduler first sends for an hour's job, after its begin.
BEGINS = timedelta(minutes=3)
JOB_COLUMNS = (
    "hour",
    "status",
    "total_processed",
    "successful",
    "failed",
    "skipped",
    "markets_tracked",
    "duration_ms",
    "fetching_ms",
    "computing_ms",
    "storing_ms",
    "takes",
    "reason",
    "started_at",
    "finished_at",
)
NATURE_COLUMNS = ("successful", "failed", "skipped", "markets_tracked")


@dataclass(frozen=True, slots=True)
class HourLine:
    """One of the last hours: its job, None where it is missing."""

    hour: datetime
    job: JobRow | None
    is_silent: bool

    @property
    def rows(self) -> str:
        """Where the predictions are that were looked at in it."""
        return link_rows(hour=write_hour(self.hour))


@dataclass(frozen=True, slots=True)
class Live:
    """What the monitor shows, as of one moment; `is_stale` where hours are missing."""

    as_of: datetime
    monitor: Monitor
    jobs: tuple[JobRow, ...]
    missing_hours: tuple[datetime, ...]

    @property
    def is_stale(self) -> bool:
        """Whether the newest job is of an hour that is over for long."""
        last, due = self.monitor.last_job, hour_of(self.as_of - GRACE)
        return last is not None and last.hour < due and due in self.missing_hours


@require_safe
def live_page(request: HttpRequest) -> HttpResponse:
    """Show the monitor, or only what moves in it where that is asked for."""
    live = read_live(viewer_of(request), timezone.now())
    only_monitor = request.headers.get("HX-Target") == "monitor"
    name = "predictions/_monitor.html" if only_monitor else "predictions/live.html"
    response = render(request, name, live_context(live))
    response["Vary"] = "HX-Target, Cookie"
    return response


@require_safe
def live_json(request: HttpRequest) -> HttpResponse:
    """Return what the monitor shows."""
    return json_response(read_live(viewer_of(request), timezone.now()))


@require_safe
def live_csv(request: HttpRequest) -> HttpResponse:
    """Return the jobs of the last day."""
    live = read_live(viewer_of(request), timezone.now())
    columns = (*JOB_COLUMNS, *_nature_cells(None))
    return csv_response("hours", columns, map(_to_line, live.jobs))


def _to_line(job: JobRow) -> SimpleNamespace:
    plain = {name: getattr(job, name) for name in JOB_COLUMNS}
    return SimpleNamespace(**plain, **_nature_cells(job))


def _nature_cells(job: JobRow | None) -> dict[str, int | None]:
    """Return the counts of each nature by column; None where they are not known."""
    natures = {} if job is None or job.natures is None else job.natures
    return {
        f"{nature.value}_{name}": getattr(natures.get(nature), name, None)
        for nature in Nature
        for name in NATURE_COLUMNS
    }


def read_live(viewer: Viewer, now: datetime) -> Live:
    """Return how things stand, with the jobs of the last day and the missing ones."""
    jobs = list_jobs(since=now - DAY, until=now)
    there = {job.hour for job in jobs}
    due = hour_of(now - GRACE)
    missing = name_missing_hours(there, since=now - DAY + HOUR, until=due)
    return Live(now, get_monitor(viewer), show_jobs(viewer, jobs), missing)


def live_context(live: Live) -> dict[str, object]:
    """Return what the monitor's parts show."""
    last = live.monitor.last_job
    lines = [
        *(HourLine(job.hour, job, job.is_silent(live.as_of)) for job in live.jobs),
        *(HourLine(hour, None, is_silent=False) for hour in live.missing_hours),
    ]
    moved = [] if last is None else nature_bars(last)
    return {
        "live": live,
        "monitor": live.monitor,
        "last": last,
        "other_natures": _other(live.monitor.natures),
        "other_markets": _other(live.monitor.nature_markets),
        "moved": moved,
        "ways": _ways(moved),
        "looks": sum(bar.n for _, bars in moved for bar in bars),
        "last_rows": link_rows(hour=write_hour(last.hour)) if last else "",
        "next_at": hour_of(live.as_of) + HOUR + BEGINS,
        "errors": last.errors[:SHOWN_ERRORS] if last else (),
        "lines": sorted(lines, key=lambda line: line.hour, reverse=True),
    }


def _other(counts: Mapping[Nature, int]) -> list[tuple[str, int]]:
    """Return what is not of live markets, which is said wherever it is counted."""
    return [
        (nature.value, n)
        for nature, n in counts.items()
        if n and nature is not Nature.LIVE
    ]


def _ways(moved: Iterable[tuple[Nature | None, list[Bar]]]) -> dict[str, str]:
    """Return what the names of bars mean, each once."""
    return {bar.name: bar.words for _, bars in moved for bar in bars}
