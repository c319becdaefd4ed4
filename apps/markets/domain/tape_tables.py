"""Reading a tape from the tables that histories are published as.

Two shapes are known, by their columns: Assay's own, and the hourly prices of PredictIt
as `k5cents/predelect` publishes them.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

import numpy as np

from apps.markets.domain.tape import NONE, PRICES, UNIT, Recording, TapeMarket, to_ms

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

OWN = ("time", "market", "question")
OWN_OPTIONAL = (
    *("bid", "ask", "last", "volume"),
    *("yes", "no", "event", "event_title", "group", "ends_at"),
    *("fee_rate", "fee_exponent", "fee_rounds_up_to"),
)
PREDICTIT = ("time", "mid", "race", "cid", "contract", "close", "volume")
OUTCOMES = ("market", "payout")
OUTCOMES_OPTIONAL = ("void", "settled")
PREDICTIT_OUTCOMES = ("cid", "outcome")
_MOST_EXPONENT = 10
_SECONDS_BEFORE_2100 = 4_102_444_800


class TapeError(ValueError):
    """A table that is no tape; the message names the line and the column."""


@dataclass(slots=True)
class _Series:
    market: TapeMarket
    entries: dict[int, tuple[int, int, int, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a market of a tape ended."""

    payout: str | None
    is_void: bool = False
    settled_ms: int | None = None


def read_recording(
    rows: Iterable[Mapping[str, object]], outcomes: Mapping[str, Outcome] | None = None
) -> Recording:
    """Return the recording that rows of a table make; of equal moments the last counts.

    `outcomes` are by market. The first row's columns say which shape it is.

    Raises:
        TapeError: there is no row, a column is missing, or a value is none.
    """
    found: dict[str, _Series] = {}
    totals: dict[str, float] = defaultdict(float)
    is_own = True
    for number, row in enumerate(rows, start=1):
        try:
            if number == 1:
                is_own = _is_own(row, OWN, PREDICTIT)
            if is_own:
                _add_own(found, row)
            else:
                _add_predictit(found, row, totals)
        except (KeyError, ValueError) as error:
            raise TapeError(f"row {number}: {_word(error)}") from error
    if not found:
        raise TapeError("there is no row")
    unknown = sorted(set(outcomes or ()) - found.keys())
    if outcomes and len(unknown) == len(outcomes):
        raise TapeError(f"no outcome is of a market here, such as {unknown[0]!r}")
    return _assemble(found, outcomes or {})


def read_outcomes(rows: Iterable[Mapping[str, object]]) -> dict[str, Outcome]:
    """Return how markets ended, by market.

    Raises:
        TapeError: a column is missing, or a value is none.
    """
    found: dict[str, Outcome] = {}
    is_own = True
    for number, row in enumerate(rows, start=1):
        try:
            if number == 1:
                is_own = _is_own(row, OUTCOMES, PREDICTIT_OUTCOMES)
            if is_own:
                found[_text(row, "market")] = _read_outcome(row)
            else:
                payout = _read_share(_text(row, "outcome"), "outcome")
                found[_text(row, "cid")] = Outcome(str(payout))
        except (KeyError, ValueError) as error:
            raise TapeError(f"row {number}: {_word(error)}") from error
    return found


def read_moment(told: object) -> int:
    """Return a moment: ISO 8601, or seconds or milliseconds since 1970.

    Raises:
        ValueError: it is none, or lies before 1970 or after 2099.
    """
    text = str(told).strip()
    try:
        number = float(text)
    except ValueError:
        moment = datetime.fromisoformat(text)
        number = to_ms(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    else:
        number *= 1000 if number < _SECONDS_BEFORE_2100 else 1
    # What is played later is added to, and no calendar goes on for ever.
    if not 0 < number < 1000 * _SECONDS_BEFORE_2100:
        raise ValueError(f"{text!r} is no time from 1970 to 2099")
    return int(number)


def _is_own(
    row: Mapping[str, object], own: tuple[str, ...], other: tuple[str, ...]
) -> bool:
    if all(name in row for name in own):
        return True
    if all(name in row for name in other):
        return False
    raise ValueError(
        f"needs the columns {', '.join(own)} (or {', '.join(other)}); it has "
        f"{', '.join(str(name) for name in row) or 'none'}"
    )


def _add_own(found: dict[str, _Series], row: Mapping[str, object]) -> None:
    name = _text(row, "market")
    series = found.get(name)
    ends_ms, fees = _read_time(row, "ends_at"), read_fees(row)
    if series is None:
        market = TapeMarket(
            market=name,
            question=_text(row, "question"),
            outcomes=(_optional(row, "yes") or "Yes", _optional(row, "no") or "No"),
            event=_optional(row, "event"),
            event_title=_optional(row, "event_title"),
            group=_optional(row, "group"),
            ends_ms=ends_ms,
            fees=fees,
        )
        series = found[name] = _Series(market)
    bid, ask, last = (_read_units(_optional(row, side), side) for side in PRICES)
    if bid == ask == last == NONE:
        raise ValueError("has neither bid nor ask nor last")
    volume = _read_amount(_optional(row, "volume"))
    series.entries[_require_time(row)] = (bid, ask, last, volume)


def _add_predictit(
    found: dict[str, _Series], row: Mapping[str, object], totals: dict[str, float]
) -> None:
    name, race = _text(row, "cid"), _text(row, "mid")
    series = found.get(name)
    if series is None:
        title = _text(row, "race")
        question = f"{title} {_text(row, 'contract')}"
        market = TapeMarket(name, question, event=race, event_title=title, group=race)
        series = found[name] = _Series(market)
    last = _read_units(_text(row, "close"), "close")
    # It has what was traded in each hour; a tape has what was traded until then.
    totals[name] += _read_amount(_optional(row, "volume"))
    moment = _require_time(row)
    series.entries[moment] = (NONE, NONE, last, totals[name])


def _assemble(
    found: Mapping[str, _Series], outcomes: Mapping[str, Outcome]
) -> Recording:
    markets, entries, starts = [], [], [0]
    for name, series in found.items():
        ended = outcomes.get(name, Outcome(None))
        markets.append(
            replace(
                series.market,
                payout=ended.payout,
                is_void=ended.is_void,
                settled_ms=ended.settled_ms,
            )
        )
        entries += [(at, *rest) for at, rest in sorted(series.entries.items())]
        starts.append(len(entries))
    return Recording(
        tuple(markets),
        np.array(starts, dtype=np.int64),
        np.array([entry[0] for entry in entries], dtype=np.int64),
        np.array([entry[1:4] for entry in entries], dtype=np.int64),
        np.array([entry[4] for entry in entries], dtype=np.float64),
        {market.market: place for place, market in enumerate(markets)},
    )


def _read_outcome(row: Mapping[str, object]) -> Outcome:
    told, settled_ms = _optional(row, "payout"), _read_time(row, "settled")
    is_void = _optional(row, "void").lower() in ("1", "true", "yes")
    payout = _read_share(told, "payout") if told else None
    if not is_void and payout not in (0, 1):
        raise ValueError(f"payout is {told!r}: 0 or 1, or void is 1")
    return Outcome(
        None if payout is None else str(payout),
        is_void,
        settled_ms,
    )


def _read_time(row: Mapping[str, object], name: str) -> int | None:
    text = _optional(row, name)
    if not text:
        return None
    try:
        return read_moment(text)
    except ValueError as error:
        raise ValueError(
            f"{name} is {text!r}, which is no time from 1970 to 2099"
        ) from error


def _require_time(row: Mapping[str, object]) -> int:
    moment = _read_time(row, "time")
    if moment is None:
        raise ValueError("time is empty")
    return moment


def read_fees(row: Mapping[str, object]) -> tuple[str, str, str] | None:
    """Read a fee schedule; without a rate nothing is known of fees.

    Raises:
        ValueError: it is none; the message names the column.
    """
    rate = _read_number(row, "fee_rate", most=1)
    exponent = _read_number(row, "fee_exponent", most=_MOST_EXPONENT)
    rounds_up_to = _read_number(row, "fee_rounds_up_to", most=1)
    if rate is None:
        if exponent is not None or rounds_up_to is not None:
            raise ValueError("fee_rate is empty, and other columns of fees are not")
        return None
    return rate, exponent or "1", rounds_up_to or "0"


def _read_number(row: Mapping[str, object], name: str, *, most: int) -> str | None:
    text = _optional(row, name)
    if not text:
        return None
    number = _to_decimal(text, name)
    if not (number.is_finite() and 0 <= number <= most):
        raise ValueError(f"{name} is {text}, which is not from 0 to {most}")
    return str(number)


def _to_decimal(text: str, name: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"{name} is {text!r}, which is no number") from error


def _text(row: Mapping[str, object], name: str) -> str:
    text = _optional(row, name)
    if not text:
        raise ValueError(f"{name} is empty")
    return text


def _optional(row: Mapping[str, object], name: str) -> str:
    found = row.get(name)
    return "" if found is None else str(found).strip()


def _read_units(text: str, name: str) -> int:
    if not text:
        return NONE
    return round(_read_share(text, name).scaleb(UNIT))


def _read_share(text: str, name: str) -> Decimal:
    share = _to_decimal(text, name)
    if not (share.is_finite() and 0 <= share <= 1):
        raise ValueError(f"{name} is {text}, which is not from 0 to 1")
    return share


def _read_amount(text: str) -> float:
    amount = float(_to_decimal(text or "0", "volume"))
    if not (math.isfinite(amount) and amount >= 0):
        raise ValueError(f"volume is {text}")
    return amount


def _word(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"has no column {error.args[0]}"
    return str(error)
