"""The drawings on the pages of predictions and experiments."""

from __future__ import annotations

from datetime import timedelta
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
    share_labels,
    share_scale,
    span_scale,
    time_labels,
)
from apps.markets.domain.markets import UNUSABLE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from apps.core.domain.calibration import ReliabilityBin
    from apps.predictions.domain.distributions import CurvePoint
    from apps.predictions.selectors.predictions import PredictionRow
    from apps.predictions.selectors.snapshots import SnapshotRow

# Hours further apart than this have one missing between them.
_GAP_HOURS = 1.5
_HOUR_SECONDS = 3600
# A line may begin with the price when the prediction was made.
_TO_THE_FIRST = timedelta(hours=1.5)


def draw_prediction(
    prediction: PredictionRow, snapshots: Sequence[SnapshotRow]
) -> Chart | None:
    """Draw the price against the prediction; snapshots come newest first.

    Flagged hours are hollow dots beside the line, missing ones leave a gap in it.
    """
    if not snapshots:
        return None
    said = float(prediction.probability)
    valid: list[tuple[float, float]] = []
    flagged: list[tuple[float, float]] = []
    first, last = snapshots[-1].hour, snapshots[0].hour
    began_well = not prediction.market_flags & UNUSABLE
    if began_well and first - prediction.created_at <= _TO_THE_FIRST:
        first = prediction.created_at
        valid.append((_hours(first), float(prediction.market_price)))
    for one in reversed(snapshots):
        point = (_hours(one.hour), one.price_of(prediction.outcome))
        (valid if one.is_usable else flagged).append(point)
    y = share_scale([said, *(price for _, price in [*valid, *flagged])])
    x = span_scale(_hours(first), _hours(last))
    return Chart(
        title=(
            f"Market price of {prediction.outcome_name} against the predicted "
            f"{said:.1%}: {len(valid)} valid looks and {len(flagged)} flagged ones; "
            "the table below has each"
        ),
        x_labels=time_labels(first, last),
        y_labels=share_labels(y),
        grid=grid_lines(y),
        layers=(
            Layer("said", draw_level(said, y)),
            Layer("price", draw_line(valid, x, y, gap=_GAP_HOURS)),
            Layer("ring", draw_dots(flagged, x, y)),
            Layer("hole", draw_dots(flagged, x, y)),
        ),
    )


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
    x = span_scale(0.0, longest * 1.02)
    known = [one for one in curve if one.low is not None and one.high is not None]
    bands = [(one.hours, one.low or 0.0, one.high or 0.0) for one in known]
    steps = [(0.0, 0.0), *((one.hours, one.reached) for one in curve)]
    return Chart(
        title=(
            "Share of predictions that the market's price has reached by each hour, "
            f"{curve[-1].reached:.0%} after {longest:.0f} hours"
        ),
        x_labels=("0 h", f"{longest / 2:.0f} h", f"{longest:.0f} h"),
        y_labels=share_labels(WHOLE),
        grid=grid_lines(WHOLE),
        layers=(
            Layer("band", draw_band(bands, x, WHOLE)),
            Layer("price", draw_steps(steps, x, WHOLE)),
        ),
        shape="wide low",
    )


def _hours(moment: datetime) -> float:
    return moment.timestamp() / _HOUR_SECONDS
