"""The report of an experiment as a long table: one line for each number that it has."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apps.core.domain.calibration import (
        CalibrationError,
        MurphyDecomposition,
        ReliabilityBin,
    )
    from apps.predictions.domain.betting import ProfitAndLoss
    from apps.predictions.domain.figures import Figure
    from apps.predictions.domain.reports import (
        Convergence,
        Counts,
        Performer,
        Report,
    )
    from apps.predictions.domain.resolved import ResolvedScores
    from apps.predictions.selectors.reports import Asking, ExperimentReport

_SETTLED = (
    "brier",
    "log_score",
    "priced_brier",
    "market_brier",
    "market_log_score",
    "skill",
    "closing_skill",
    "skill_score",
    "copies",
    "confidence",
)
_MURPHY = (
    "brier",
    "reliability",
    "resolution",
    "uncertainty",
    "within_bins",
    "base_rate",
)
_PROFIT = (
    "bets",
    "on_outcome",
    "against",
    "abstained",
    "unquoted",
    "staked",
    "fees",
    "profit",
    "per_unit_year",
)


@dataclass(frozen=True, slots=True)
class Line:
    """One number of a report; `item` tells those of one name in a section apart."""

    section: str
    metric: str
    value: object
    item: str = ""
    n: int | None = None
    events: int | None = None
    low: float | None = None
    high: float | None = None
    boot_low: float | None = None
    boot_high: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A line with whose it is, so that several reports make one table."""

    experiment_id: object
    experiment: str
    nature: str
    section: str
    item: str
    metric: str
    value: object
    n: int | None
    events: int | None
    low: float | None
    high: float | None
    boot_low: float | None
    boot_high: float | None
    reason: str


COLUMNS = tuple(one.name for one in fields(ReportLine))
_OF_LINE = tuple(one.name for one in fields(Line))


def list_lines(found: ExperimentReport) -> Iterator[ReportLine]:
    """Yield a report's numbers in the order of its parts.

    What there is none of has a line too, without a value and with the reason.
    """
    experiment = found.experiment
    nature = found.nature.value if found.nature else ""
    yield from (
        ReportLine(
            experiment_id=experiment.id,
            experiment=experiment.name,
            nature=nature,
            **{name: getattr(line, name) for name in _OF_LINE},
        )
        for line in _lines(found)
    )


def _lines(found: ExperimentReport) -> Iterator[Line]:
    report = found.report
    yield from _plain("asking", found.asking)
    yield from _plain("counts", report.counts)
    yield from _so_far(report)
    yield from _settled(report.settled)
    yield from _direction(report)
    yield from _convergence(report.convergence)
    times = report.time_to_convergence
    yield _figure("time_to_convergence", "median_hours", times.median_hours)
    yield Line("time_to_convergence", "reached", times.reached)
    for within, share in times.shares.items():
        yield _figure("time_to_convergence", "share", share, within)
    for one in report.profit:
        yield from _profit(one)
    yield from _performers("top", report.top)
    yield from _performers("poor", report.poor)


def _figure(section: str, metric: str, figure: Figure, item: str = "") -> Line:
    return Line(
        section,
        metric,
        figure.value,
        item,
        n=figure.n,
        events=figure.events,
        low=figure.low,
        high=figure.high,
        boot_low=figure.boot_low,
        boot_high=figure.boot_high,
        reason=figure.reason,
    )


def _plain(section: str, row: Asking | Counts) -> Iterator[Line]:
    for one in fields(row):
        yield Line(section, one.name, getattr(row, one.name))


def _so_far(report: Report) -> Iterator[Line]:
    yield Line("so_far", "is_provisional", report.is_provisional)
    for name in ("skill_so_far", "interim_skill", "copies"):
        yield _figure("so_far", name, getattr(report, name))


def _settled(scores: ResolvedScores) -> Iterator[Line]:
    for name in _SETTLED:
        yield _figure("settled", name, getattr(scores, name))
    for band in scores.confidence_bands:
        item = _between(band.low, band.high)
        yield _figure("confidence_bands", "skill", band.skill, item)
    missing = scores.brier.reason
    murphy, calibration = scores.murphy, scores.calibration
    for name in _MURPHY:
        yield _part("murphy", name, murphy, missing)
    for name in ("ece", "if_calibrated"):
        yield _part("calibration", name, calibration, missing)
    for one in scores.bins:
        yield from _bin(one)


def _bin(one: ReliabilityBin) -> Iterator[Line]:
    item, interval = _between(one.low, one.high), one.interval
    yield Line("reliability", "mean", one.mean, item, n=one.n, events=one.units)
    yield Line(
        "reliability",
        "share",
        one.share,
        item,
        n=one.n,
        events=one.units,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
    )


def _part(
    section: str,
    name: str,
    whole: MurphyDecomposition | CalibrationError | None,
    missing: str,
) -> Line:
    if whole is None:
        return Line(section, name, None, n=0, reason=missing)
    return Line(section, name, getattr(whole, name), n=whole.n)


def _direction(report: Report) -> Iterator[Line]:
    found = report.direction
    for name in ("accuracy", "null", "excess", "p"):
        yield Line(
            "direction",
            name,
            getattr(found, name, None),
            n=found.n if found else 0,
            events=found.units if found else 0,
            reason=report.direction_reason,
        )


def _convergence(found: Convergence) -> Iterator[Line]:
    for name in ("points", "percentage", "rate"):
        yield _figure("convergence", name, getattr(found, name))
    for direction, number in found.directions.items():
        yield Line("convergence", "direction", number, direction)


def _profit(one: ProfitAndLoss) -> Iterator[Line]:
    item = one.staking.value
    for name in _PROFIT:
        yield Line("profit", name, getattr(one, name), item)
    yield _figure("profit", "profit_per_unit", one.profit_per_unit, item)


def _performers(section: str, rows: tuple[Performer, ...]) -> Iterator[Line]:
    for one in rows:
        item = str(one.prediction_id)
        yield Line(section, "skill", one.skill, item)
        yield Line(section, "is_provisional", one.is_provisional, item)


def _between(low: float, high: float) -> str:
    return f"{low:g} to {high:g}"
