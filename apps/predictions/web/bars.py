"""Counts as bars with their words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.predictions.selectors.filters import UNTOLD
from apps.predictions.web.narrowing import link_rows, write_hour, write_span

if TYPE_CHECKING:
    from collections.abc import Mapping

    from apps.markets.domain.markets import Nature
    from apps.predictions.domain.distributions import Bin
    from apps.predictions.selectors.jobs import JobRow

_WAYS = {
    "CONVERGING": "the price came nearer to the prediction",
    "DIVERGING": "it went further away",
    "STABLE": "it moved by less than the threshold",
    "REACHED": "it has reached the prediction once",
    "AGREES": "prediction and market agreed from the start",
    "": "flagged, or the first look: no direction",
}
_NAMELESS = "not told"


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: a name, what it means, its length of a hundred, and what it counts."""

    name: str
    words: str
    n: int
    length: int
    css: str
    href: str


def movement_bars(counts: Mapping[str, int], rows: str) -> list[Bar]:
    """Return a bar for each direction that there is; `rows` leads to all of them."""
    most = max(counts.values(), default=1)
    return [
        Bar(
            name.lower() or _NAMELESS,
            words,
            counts[name],
            round(100 * counts[name] / most),
            name or "STABLE",
            f"{rows}&direction={name or UNTOLD}",
        )
        for name, words in _WAYS.items()
        if counts.get(name)
    ]


def nature_bars(job: JobRow) -> list[tuple[Nature | None, list[Bar]]]:
    """Return bars for each nature that was looked at; None: they are not told apart."""
    hour = write_hour(job.hour)
    if job.natures is None:
        parts = [(None, movement_bars(job.movements, link_rows(hour=hour)))]
        return [(nature, bars) for nature, bars in parts if bars]
    return [
        (
            nature,
            movement_bars(counts.movements, link_rows(hour=hour, nature=nature.value)),
        )
        for nature, counts in job.present
        if counts.movements
    ]


def spread_bars(bins: tuple[Bin, ...], rows: str) -> list[Bar]:
    """Return a bar for each bin of movements, in points; none where all are empty."""
    most = max((one.n for one in bins), default=0)
    if not most:
        return []
    return [
        Bar(
            f"{100 * one.low:+.0f} to {100 * one.high:+.0f}".replace("-", "−"),
            "points",
            one.n,
            round(100 * one.n / most),
            "DIVERGING" if one.high <= 0 else "STABLE" if one.low < 0 else "CONVERGING",
            f"{rows}&moved={write_span(one.low, one.high)}",
        )
        for one in bins
    ]
