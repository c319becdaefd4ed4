"""Small drawings in the lines of tables, and words for probabilities."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django import template
from django.utils.html import format_html

from apps.core.templatetags.formats import NO_DATA, plain, signed

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.utils.safestring import SafeString

register = template.Library()

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_MANY_HOURS = 48


@register.simple_tag
def signed_interval(
    value: float, low: float | None, high: float | None, limit: float
) -> SafeString | str:
    """Draw a gain with its interval on an axis from −limit to limit, 0 in its middle.

    What lies beyond the axis is cut at its end; the text beside it has the numbers.
    """
    if low is None or high is None or limit <= 0:
        return ""
    left, right, dot = (
        60 + 58 * min(max(number / limit, -1.0), 1.0) for number in (low, high, value)
    )
    return format_html(
        '<svg class="interval" viewBox="0 0 120 16" width="120" height="16" '
        'role="img"><title>{}, 95 % interval {} to {}; the middle is 0</title>'
        '<path class="axis" d="M2 8H118M60 2V14"/>'
        '<path class="range" d="M{} 8H{}"/><circle cx="{}" cy="8" r="4"/></svg>',
        *(gain(number) for number in (value, low, high)),
        *(f"{number:.1f}" for number in (left, right, dot)),
    )


@register.filter
@plain
def gain(number: float | None, digits: int = 4) -> str:
    """Write a gain in a score, with its sign."""
    if number is None:
        return NO_DATA
    return signed(number, digits)


@register.filter
@plain
def decimals(number: float | None, digits: int = 4) -> str:
    """Write a number with so many digits."""
    return NO_DATA if number is None else f"{number:.{digits}f}".replace("-", "−")


@register.filter
@plain
def hours(number: float | None) -> str:
    """Write a number of hours, as days where there are many."""
    if number is None:
        return NO_DATA
    return f"{number:.1f} h" if number < _MANY_HOURS else f"{number / 24:.1f} d"


@register.filter
@plain
def age(moment: datetime | None, now: datetime) -> str:
    """Write how long ago a moment was, to its largest unit."""
    if moment is None:
        return NO_DATA
    seconds = max(0, int((now - moment.astimezone(UTC)).total_seconds()))
    for size, unit in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"


@register.simple_tag
@plain
def figure_value(value: float | None, form: str) -> str:
    """Write the value of a figure in one of the forms of reports."""
    return NO_DATA if value is None else _FORMS[form](value)


_FORMS: dict[str, Callable[[float], str]] = {
    "gain": gain,
    "decimals": decimals,
    "hours": hours,
    "percent": lambda value: f"{100 * value:.1f} %",
    "points": lambda value: signed(100 * value, 2),
    "speed": lambda value: signed(100 * value, 4),
    "hundred": lambda value: f"{signed(value, 0)} %",
    "share": lambda value: signed(value, 3),
    "rho": lambda value: signed(value, 2),
}
