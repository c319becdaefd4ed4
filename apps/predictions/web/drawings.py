"""The drawings on the pages of predictions and experiments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import chain
from math import inf
from typing import TYPE_CHECKING

from apps.core.web.charts import (
    FIFTHS,
    WHOLE,
    Chart,
    Layer,
    draw_band,
    draw_dots,
    draw_level,
    draw_line,
    draw_steps,
    draw_upright,
    grid_lines,
    list_readings,
    share_labels,
    share_scale,
    span_labels,
    span_scale,
    time_labels,
)
from apps.markets.domain.markets import UNUSABLE
from apps.predictions.domain.hours import hour_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from apps.core.domain.calibration import ReliabilityBin
    from apps.predictions.domain.distributions import CurvePoint
    from apps.predictions.selectors.predictions import PredictionRow
    from apps.predictions.selectors.snapshots import SnapshotRow

_HOUR = timedelta(hours=1)
_HOUR_SECONDS = 3600


def draw_prediction(
    prediction: PredictionRow, snapshots: Sequence[SnapshotRow]
) -> Chart | None:
    """Draw the price against the prediction; snapshots come newest first.

    Each look lies where its price was seen. Flagged ones are hollow dots beside the
    line, and an hour without a valid look leaves a gap in it.
    """
    if not snapshots:
        return None
    said = float(prediction.probability)
    runs = _valid_runs(prediction, snapshots)
    flagged = [
        (_hours(one.observed_at), one.price_of(prediction.outcome))
        for one in reversed(snapshots)
        if not one.is_usable
    ]
    points = [*chain.from_iterable(runs), *flagged]
    y = share_scale([said, *(price for _, price in points)])
    times = [at for at, _ in points]
    x = span_scale(min(times), max(times))
    valid = sum(one.is_usable for one in snapshots)
    return Chart(
        title=(
            f"Market price of {prediction.outcome_name} against the predicted "
            f"{said:.1%}: {valid} valid looks and {len(flagged)} flagged ones; "
            "the table below has each"
        ),
        x_labels=time_labels(_moment(min(times)), _moment(max(times))),
        y_labels=share_labels(y),
        grid=grid_lines(y),
        layers=(
            Layer("said", draw_level(said, y)),
            Layer("price", "".join(draw_line(run, x, y, gap=inf) for run in runs)),
            Layer("ring", draw_dots(flagged, x, y)),
            Layer("hole", draw_dots(flagged, x, y)),
        ),
        readings=list_readings(
            _in_seconds(chain.from_iterable(runs)), _in_seconds(flagged)
        ),
    )


def _valid_runs(
    prediction: PredictionRow, snapshots: Sequence[SnapshotRow]
) -> list[list[tuple[float, float]]]:
    """Return the valid prices of hours that follow each other, the oldest first.

    The first run may begin with the price when the prediction was made.
    """
    made = hour_of(prediction.created_at)
    before, runs = None, list[list[tuple[float, float]]]()
    first = snapshots[-1].hour - made
    if not prediction.market_flags & UNUSABLE and first <= _HOUR:
        point = (_hours(prediction.created_at), float(prediction.market_price))
        before, runs = made, [[point]]
    for one in reversed(snapshots):
        if not one.is_usable:
            continue
        if before is None or one.hour - before > _HOUR:
            runs.append([])
        point = (_hours(one.observed_at), one.price_of(prediction.outcome))
        runs[-1].append(point)
        before = one.hour
    return [sorted(run) for run in runs]


def draw_reliability(bins: Sequence[ReliabilityBin]) -> Chart | None:
    """Draw how often what was predicted came, with Wilson's bands."""
    dots, bands = [], []
    for one in bins:
        if one.mean is None or one.share is None:
            continue
        dots.append((one.mean, one.share))
        if one.interval is not None:
            bands.append((one.mean, one.interval.low, one.interval.high))
    if not dots:
        return None
    return Chart(
        title=(
            f"Reliability: what was predicted against how often it came, {len(dots)} "
            "bins with their 95 % bands; the table has each"
        ),
        x_labels=share_labels(FIFTHS)[::-1],
        y_labels=share_labels(FIFTHS),
        grid=grid_lines(FIFTHS),
        layers=(
            Layer("ideal", draw_line([(0, 0), (1, 1)], FIFTHS, FIFTHS, gap=1)),
            Layer("whisker", draw_upright(bands, FIFTHS, FIFTHS)),
            Layer("dot", draw_dots(dots, FIFTHS, FIFTHS)),
        ),
        shape="square",
    )


def draw_reaching(curve: Sequence[CurvePoint]) -> Chart | None:
    """Draw the share of predictions that the price has reached by each hour."""
    if not curve:
        return None
    longest = max(one.hours for one in curve)
    labels = span_labels(longest)
    x = span_scale(0.0, longest * 1.02)
    known = [one for one in curve if one.low is not None and one.high is not None]
    bands = [(one.hours, one.low or 0.0, one.high or 0.0) for one in known]
    steps = [(0.0, 0.0), *((one.hours, one.reached) for one in curve)]
    return Chart(
        title=(
            "Share of predictions that the market's price has reached by then, "
            f"{curve[-1].reached:.0%} after {labels[-1]}"
        ),
        x_labels=labels,
        y_labels=share_labels(WHOLE),
        grid=grid_lines(WHOLE),
        layers=(
            Layer("band", draw_band(bands, x, WHOLE)),
            Layer("price", draw_steps(steps, x, WHOLE)),
        ),
        shape="wide low",
    )


def _in_seconds(points: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    return [(at * _HOUR_SECONDS, share) for at, share in points]


def _hours(moment: datetime) -> float:
    return moment.timestamp() / _HOUR_SECONDS


def _moment(hours: float) -> datetime:
    return datetime.fromtimestamp(hours * _HOUR_SECONDS, UTC)
