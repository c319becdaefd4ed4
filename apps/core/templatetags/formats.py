"""Numbers and times as people read them: one place for each notation."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.core.web.queries import with_query
from apps.core.web.twins import decimal_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.template.context import Context

register = template.Library()

NO_DATA = "no data"
_CENT = Decimal("0.01")
_SECOND_MS = 1000.0
_SMALLEST_P = 0.001
_P = ParamSpec("_P")


def plain(write: Callable[_P, str]) -> Callable[_P, SafeString]:
    """Mark what a filter makes of a number as safe: it is digits, signs and units.

    Templates would search each for what must be escaped, a third of a cell's cost.
    """

    @wraps(write)
    def write_safe(*args: _P.args, **kwargs: _P.kwargs) -> SafeString:
        return SafeString(write(*args, **kwargs))

    return write_safe


@register.filter
@plain
def percent(share: float | None, digits: int = 1) -> str:
    """Write a share of one as per cent."""
    return NO_DATA if share is None else f"{100 * share:.{digits}f} %"


def signed(number: float, digits: int) -> str:
    """Write a number with its sign; what rounds to nothing has none."""
    text = f"{number:+.{digits}f}"
    return text.replace("-", "−") if float(text) else text[1:]


@register.filter
@plain
def points(difference: float | None) -> str:
    """Write a difference of shares in percentage points, with its sign."""
    if difference is None:
        return NO_DATA
    return signed(100 * difference, 1)


@register.filter
@plain
def usd(amount: Decimal | None) -> str:
    """Write an amount of US dollars; below a cent, two significant digits."""
    if amount is None:
        return "unknown"
    if amount == 0:
        return "$0"
    if abs(amount) >= _CENT:
        return f"${amount:,.2f}"
    rounded = Decimal(f"{amount:.1e}")  # 0.000997 becomes 0.0010, not 0.00100
    return f"${rounded:.{1 - rounded.adjusted()}f}"


@register.filter
def money(amount: Decimal | None, currency: str) -> str:
    """Write an amount of a currency, which is named unless it is the US dollar."""
    if amount is None:
        return "by agreement"
    if currency.lower() == "usd":
        return f"−{usd(-amount)}" if amount < 0 else usd(amount)
    return f"{amount:,.2f} {currency.upper()}".replace("-", "−")


@register.filter
@plain
def price(amount: Decimal | str | None) -> str:
    """Write a price of a million tokens in US dollars, with all its digits."""
    if amount is None or amount == "":
        return "unknown"
    text = decimal_text(Decimal(amount))
    whole, _, cents = text.partition(".")
    return f"${whole}.{cents:0<2}" if cents else f"${whole}"


@register.filter
@plain
def duration(milliseconds: float | None) -> str:
    """Write a duration in milliseconds below a second, else in seconds."""
    if milliseconds is None:
        return NO_DATA
    if milliseconds < _SECOND_MS:
        return f"{milliseconds:.0f} ms"
    return f"{milliseconds / _SECOND_MS:,.2f} s"


@register.filter
@plain
def count(number: int | None) -> str:
    """Write a whole number with thousands set apart."""
    return NO_DATA if number is None else f"{number:,}"


@register.filter
@plain
def rank_range(row: object) -> str:
    """Write a rank as the range that the samples leave open."""
    low, high = getattr(row, "rank_low", None), getattr(row, "rank_high", None)
    if low is None or high is None:
        return NO_DATA
    return str(low) if low == high else f"{low}–{high}"


@register.filter
@plain
def bounds(row: object) -> str:
    """Write a row's interval as per cent, without repeating the sign."""
    low, high = getattr(row, "ci_low", None), getattr(row, "ci_high", None)
    if low is None or high is None:
        return "no interval"
    return f"{100 * low:.1f}–{100 * high:.1f}"


@register.filter
@plain
def percent_points(difference: float) -> str:
    """Write the size of a difference of shares."""
    return f"{100 * difference:.1f} points"


@register.filter
def p_value(p: float | None) -> str:
    """Write a p-value to three decimals."""
    if p is None:
        return NO_DATA
    return "< 0.001" if p < _SMALLEST_P else f"{p:.3f}"


@register.filter
@plain
def compact(number: int | None) -> str:
    """Write a large whole number to three digits: 1,240 is 1.24 k."""
    if number is None:
        return "unknown"
    for size, sign in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if number >= size:
            return f"{number / size:.3g} {sign}"
    return str(number)


@register.filter
def words(name: str) -> str:
    """Write a code name with spaces."""
    return str(name).replace("_", " ")


@register.filter
def utc(moment: datetime | date | None) -> SafeString | str:
    """Write a moment to the minute, or a day, with the full time for programs."""
    if moment is None:
        return NO_DATA
    if not isinstance(moment, datetime):
        return format_html('<time datetime="{}">{}</time>', *[moment.isoformat()] * 2)
    at = moment.astimezone(UTC)
    return format_html(
        '<time datetime="{}">{} UTC</time>',
        _iso(at),
        f"{at:%Y-%m-%d %H:%M}",
    )


@register.filter
def day(moment: datetime) -> SafeString:
    """Write the day of a moment, with the full time for programs."""
    at = moment.astimezone(UTC)
    return format_html('<time datetime="{}">{}</time>', _iso(at), f"{at:%Y-%m-%d}")


@register.filter
@plain
def clock(moment: datetime) -> str:
    """Write the time of day of a moment."""
    return f"{moment.astimezone(UTC):%H:%M} UTC"


def _iso(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"


@register.simple_tag
def interval(mean: float, low: float | None, high: float | None) -> SafeString | str:
    """Draw a share with its interval on an axis from 0 to 1."""
    if low is None or high is None:
        return ""
    left, right, dot = (2 + 116 * min(max(x, 0.0), 1.0) for x in (low, high, mean))
    return format_html(
        '<svg class="interval" viewBox="0 0 120 16" width="120" height="16" '
        'role="img"><title>{}, 95 % interval {} to {}</title>'
        '<path class="axis" d="M2 8H118M2 5V11M60 6V10M118 5V11"/>'
        '<path class="range" d="M{} 8H{}"/><circle cx="{}" cy="8" r="4"/></svg>',
        *(percent(x) for x in (mean, low, high)),
        *(f"{x:.1f}" for x in (left, right, dot)),
    )


@register.simple_tag(takes_context=True)
def query(context: Context, **changes: object) -> str:
    """Return the page's own address with some of its query changed."""
    texts = {name: None if v in {None, ""} else str(v) for name, v in changes.items()}
    return with_query(context["request"], **texts)
