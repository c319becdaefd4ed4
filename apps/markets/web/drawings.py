"""The drawing of a market's quotes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from apps.core.web.charts import (
    Chart,
    Layer,
    draw_dots,
    draw_line,
    grid_lines,
    list_readings,
    share_labels,
    share_scale,
    span_scale,
    time_labels,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apps.markets.selectors.quotes import QuoteRow

# Quotes further apart than this are not joined: nobody looked in between.
_GAP_SECONDS = 2 * 3600.0


def draw_quotes(name: str, quotes: Sequence[QuoteRow]) -> Chart | None:
    """Draw the price of the outcome called `name`; quotes come newest first.

    Flagged quotes are hollow dots beside the line.
    """
    valid: list[tuple[float, float]] = []
    flagged: list[tuple[float, float]] = []
    for one in reversed(quotes):
        if one.price is not None:
            point = (_seconds(one.observed_at), float(one.price))
            (valid if one.is_usable else flagged).append(point)
    if not valid and not flagged:
        return None
    y = share_scale([price for _, price in [*valid, *flagged]])
    moments = [one.observed_at for one in quotes if one.price is not None]
    first, last = moments[-1], moments[0]
    x = span_scale(_seconds(first), _seconds(last))
    return Chart(
        title=(
            f"Price of {name}: {len(valid)} valid quotes and {len(flagged)} flagged "
            "ones; the table below has the newest"
        ),
        x_labels=time_labels(first, last),
        y_labels=share_labels(y),
        grid=grid_lines(y),
        layers=(
            Layer("price", draw_line(valid, x, y, gap=_GAP_SECONDS)),
            Layer("ring", draw_dots(flagged, x, y)),
            Layer("hole", draw_dots(flagged, x, y)),
        ),
        readings=list_readings(valid, flagged),
    )


def _seconds(moment: datetime) -> float:
    return moment.astimezone(UTC).timestamp()
