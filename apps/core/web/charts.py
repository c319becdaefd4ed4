"""Lines, bands and dots as paths of a drawing that stretches to its place.

A drawing holds no words: those of its axes are text beside it, so that they stay
readable on a narrow screen. What it shows is said in a table too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta
from math import ceil, floor, inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

WIDTH, HEIGHT = 1000, 400
_SHARE_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25)
_MOST_TICKS = 5
_WHOLE = 4  # steps of an axis from 0 to 100 %
_FEW_MINUTES = timedelta(minutes=4)
# Spans below so many hours, their unit, and how many of it an hour has.
_SPANS = ((0.05, "s", 3600.0), (3.0, "min", 60.0), (96.0, "h", 1.0), (inf, "d", 1 / 24))


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis from `low` to `high` in equal steps."""

    low: float
    high: float
    steps: int

    def place(self, value: float) -> float:
        """Return where a value lies, from 0 to 1; what is beyond lies at the end."""
        share = (value - self.low) / (self.high - self.low)
        return min(max(share, 0.0), 1.0)

    @property
    def ticks(self) -> list[float]:
        """Return the values at its steps, the lowest first."""
        width = (self.high - self.low) / self.steps
        return [self.low + width * n for n in range(self.steps + 1)]


@dataclass(frozen=True, slots=True)
class Layer:
    """One path of a drawing, and the class that says how it looks."""

    css: str
    d: str


@dataclass(frozen=True, slots=True)
class Readings:
    """What a pointer over the drawing is told: shares by the minute.

    `text` has them from left to right as `minute:per cent`, with `!` where flagged.
    """

    first: float  # seconds since 1970
    minutes: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing with the words of its axes; `y_labels` are from top to bottom."""

    title: str
    x_labels: tuple[str, ...]
    y_labels: tuple[str, ...]
    grid: str
    layers: tuple[Layer, ...]
    shape: str = "wide"
    readings: Readings | None = None


WHOLE = Scale(0.0, 1.0, _WHOLE)
FIFTHS = Scale(0.0, 1.0, 5)


def share_scale(values: Iterable[float]) -> Scale:
    """Return an axis within 0 and 1 that holds all the values, in round steps."""
    known = list(values)
    if not known:
        return WHOLE
    least, most = min(known), max(known)
    for step in _SHARE_STEPS:
        low, high = floor(least / step + 1e-9), ceil(most / step - 1e-9)
        if high == low:
            low, high = low - 1, high + 1
        low, high = max(low, 0), min(high, round(1 / step))
        if high - low <= _MOST_TICKS:
            return Scale(low * step, high * step, high - low)
    return WHOLE


def span_scale(low: float, high: float, steps: int = 2) -> Scale:
    """Return an axis from one value to another, an hour wide at the least."""
    return Scale(low, high if high > low else low + 1.0, steps)


def share_labels(scale: Scale) -> tuple[str, ...]:
    """Return the steps of a scale as per cent, the highest first."""
    return tuple(f"{100 * tick:.0f} %" for tick in reversed(scale.ticks))


def time_labels(first: datetime, last: datetime) -> tuple[str, ...]:
    """Return five moments along an axis of time; one where its ends are the same.

    A span of few minutes is told to the second.
    """
    form = "%d %b %H:%M" if last - first >= _FEW_MINUTES else "%H:%M:%S"
    moments = (first + (last - first) * n / 4 for n in range(5))
    return tuple(dict.fromkeys(f"{one.astimezone(UTC):{form}}" for one in moments))


def span_labels(hours: float) -> tuple[str, str, str]:
    """Return the start, middle and end of an axis that begins with nothing.

    It is told in the unit in which the three differ: minutes, hours or days.
    """
    unit, size = next((unit, size) for most, unit, size in _SPANS if hours < most)
    start, middle, end = (f"{share * hours * size:.3g} {unit}" for share in (0, 0.5, 1))
    return start, middle, end


def grid_lines(scale: Scale) -> str:
    """Return a line across the drawing for each step of its upright axis."""
    return "".join(f"M0 {_down(scale, tick)}H{WIDTH}" for tick in scale.ticks)


def list_readings(
    valid: Iterable[tuple[float, float]], flagged: Iterable[tuple[float, float]]
) -> Readings:
    """Return what is told of points by the second since 1970; there has to be one."""
    marked = [(at, share, "") for at, share in valid]
    marked = sorted([*marked, *((at, share, "!") for at, share in flagged)])
    first, last = marked[0][0], marked[-1][0]
    text = " ".join(
        f"{(at - first) / 60:.1f}:{100 * share:.1f}{mark}".replace(".0:", ":")
        for at, share, mark in marked
    )
    return Readings(first, (last - first) / 60 or 1.0, text)


def draw_line(
    points: Sequence[tuple[float, float]], x: Scale, y: Scale, *, gap: float
) -> str:
    """Return a line through points that stand by x; a way beyond `gap` is left out.

    A point between two gaps is a dot.
    """
    parts: list[str] = []
    before = None
    for place, value in points:
        lead = "M" if before is None or place - before > gap else "L"
        parts.append(f"{lead}{_across(x, place)} {_down(y, value)}")
        before = place
    alone = [
        f"{part}h0" if part[0] == "M" and after[:1] != "L" else part
        for part, after in zip(parts, [*parts[1:], ""], strict=True)
    ]
    return "".join(alone)


def draw_dots(points: Iterable[tuple[float, float]], x: Scale, y: Scale) -> str:
    """Return a path of length nothing for each point: its round ends are the dots."""
    return "".join(f"M{_across(x, at)} {_down(y, value)}h0" for at, value in points)


def draw_level(value: float, y: Scale) -> str:
    """Return a line across the drawing."""
    return f"M0 {_down(y, value)}H{WIDTH}"


def draw_upright(
    spans: Iterable[tuple[float, float, float]], x: Scale, y: Scale
) -> str:
    """Return an upright line for each place, low and high."""
    return "".join(
        f"M{_across(x, at)} {_down(y, low)}V{_down(y, high)}" for at, low, high in spans
    )


def draw_steps(points: Sequence[tuple[float, float]], x: Scale, y: Scale) -> str:
    """Return a line that keeps each value until the next one."""
    parts = [
        f"H{_across(x, at)}V{_down(y, value)}"
        if place
        else f"M{_across(x, at)} {_down(y, value)}"
        for place, (at, value) in enumerate(points)
    ]
    return "".join(parts) + (f"H{WIDTH}" if parts else "")


def draw_band(spans: Sequence[tuple[float, float, float]], x: Scale, y: Scale) -> str:
    """Return the area between two stepped lines: place, low and high of each step."""
    if not spans:
        return ""
    there = draw_steps([(at, high) for at, _, high in spans], x, y)
    back = [f"V{_down(y, low)}H{_across(x, at)}" for at, low, _ in reversed(spans)]
    return f"{there}{''.join(back)}Z"


def _across(scale: Scale, value: float) -> int:
    return round(WIDTH * scale.place(value))


def _down(scale: Scale, value: float) -> int:
    return round(HEIGHT * (1 - scale.place(value)))
