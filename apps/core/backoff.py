"""How long to wait before a request is tried again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential back-off with full jitter, bounded in number and in total.

    Full jitter, that is a uniform draw between zero and the exponential bound, spreads
    competing clients best (M. Brooker, "Exponential Backoff And Jitter", AWS
    Architecture Blog, 2015).
    """

    base_seconds: float = 3.0
    cap_seconds: float = 300.0
    max_retries: int = 8
    max_total_seconds: float = 1800.0

    def choose_pause(
        self,
        *,
        retry: int,
        draw: float,
        spent_seconds: float,
        retry_after_seconds: float | None = None,
    ) -> float | None:
        """Return the seconds to wait before retry number `retry`, or None to give up.

        `retry` counts from 0; `draw` is uniform in [0, 1); `spent_seconds` is what
        attempts and pauses have taken so far. What the server asked for is the least
        that is waited, and jitter comes on top, so that all who were told the same
        moment do not come back at it together.
        """
        if retry >= self.max_retries:
            return None
        bound = min(self.cap_seconds, self.base_seconds * 2.0 ** min(retry, 60))
        pause = draw * bound
        if retry_after_seconds is not None:
            pause = retry_after_seconds + draw * min(bound, self.base_seconds)
        if spent_seconds + pause > self.max_total_seconds:
            return None
        return pause


def parse_retry_after(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """Return the seconds that a response asks its client to wait, or None.

    Reads `retry-after-ms` (milliseconds, as OpenAI sends it) and `Retry-After` as
    seconds or as a date (RFC 9110 §10.2.3). A date is held against the response's
    own `Date` where it has one, so that a wrong clock here does no harm. Header
    names are looked up in lower case.
    """
    milliseconds = _parse_number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get("retry-after")
    seconds = _parse_number(text)
    if seconds is not None:
        return seconds
    moment = _parse_date(text)
    if moment is None:
        return None
    reference = _parse_date(headers.get("date")) or now
    return max(0.0, (moment - reference).total_seconds())


def _parse_number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None


def _parse_date(text: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
