"""Predictions of the past, to be replayed on a tape: a CSV file with their moments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from apps.core.domain.csv_table import (
    LineError,
    naming,
    quote,
    read_number,
    read_table,
)
from apps.predictions.domain.entries import as_share

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

REQUIRED = ("market", "probability", "predicted_at")
KNOWN = (*REQUIRED, "outcome", "confidence", "market_price_shown", "reasoning")
# As far as a tape goes.
YEARS = range(1970, 2100)
_LARGEST = 1e6


@dataclass(frozen=True, slots=True)
class PastPrediction:
    """One prediction with the moment of the tape at which it was made."""

    line: int
    at: datetime
    market: str
    outcome: str
    probability: Decimal
    confidence: Decimal | None
    market_price_shown: Decimal | None
    reasoning: str


@dataclass(frozen=True, slots=True)
class BacktestFile:
    """What a file holds, the oldest prediction first."""

    predictions: tuple[PastPrediction, ...]
    ignored_columns: tuple[str, ...]


def parse_backtest_file(lines: Iterable[bytes], name: str) -> BacktestFile:
    """Will read past predictions from a CSV file, which is taken whole or not.

    `market` is the tape's own name of it, `predicted_at` ISO 8601 with its offset (UTC
    without one), `probability` 0-1; optionally `outcome` (its name, or 0 or 1; the
    first one without it), `confidence` 0-100, `market_price_shown` 0-1, `reasoning`.

    Raises:
        InvalidInputError: with the file, the line and the reason.
    """
    with naming(name):
        table = read_table(lines, required=REQUIRED, known=KNOWN)
        rows = [_read(line, row) for line, row in table.rows]
        if not rows:
            raise LineError(table.header_line, "no predictions follow the header")
    rows.sort(key=lambda row: row.at)
    return BacktestFile(tuple(rows), table.ignored_columns)


def _read(line: int, row: Mapping[str, str]) -> PastPrediction:
    if not row["market"]:
        raise LineError(line, "market is empty")
    probability = _within(line, "probability", row["probability"], 1)
    if probability is None:
        raise LineError(line, "probability is empty")
    return PastPrediction(
        line=line,
        at=_moment(line, row["predicted_at"]),
        market=row["market"],
        outcome=row.get("outcome") or "0",
        probability=probability,
        confidence=_within(line, "confidence", row.get("confidence", ""), 100),
        market_price_shown=_within(
            line, "market_price_shown", row.get("market_price_shown", ""), 1
        ),
        reasoning=row.get("reasoning", ""),
    )


def _within(line: int, column: str, text: str, most: int) -> Decimal | None:
    if not text:
        return None
    value = read_number(line, column, text, _LARGEST)
    if not 0 <= value <= most:
        raise LineError(line, f"{column} {quote(text)} is not within 0-{most}")
    share = as_share(value) if column == "confidence" else ""
    if share:
        raise LineError(line, f"confidence {share}")
    return Decimal(text)


def _moment(line: int, text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found
        if found.year in YEARS:
            return found.astimezone(UTC)
    except ValueError:
        pass
    reason = f"predicted_at {quote(text)} is no time such as 2026-11-24T12:30:00Z"
    raise LineError(line, reason)
