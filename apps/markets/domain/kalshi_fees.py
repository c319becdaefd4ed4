"""What Kalshi takes for a trade.

A taker pays round up (M · 0.07 · C · P · (1 − P)) for C contracts at P dollars: Kalshi
Fee Schedule, General Trading Fees (kalshi.com/docs/kalshi-fee-schedule.pdf), rounded up
to the cent to which members' balances are kept (docs.kalshi.com, Fee Rounding). The
multiplier M is `fee_multiplier` of the series, and `fee_type` says which table holds
(docs.kalshi.com, Get Series). An event can override both (Get Event Fee Changes).
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from apps.markets.domain.markets import FeeSchedule
from apps.markets.domain.payloads import (
    PayloadError,
    read_moment,
    read_text,
    to_number,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from apps.markets.domain.quotes import Seen

    Payload = Mapping[str, object]

TAKER_RATE = Decimal("0.07")
CENT = Decimal("0.01")
# By type, whether takers alone pay. `flat` is of a table that no API tells.
_TAKERS_ALONE = {
    "quadratic": True,
    "quadratic_with_maker_fees": False,
    "quadratic_with_combo_maker_fees": False,
}
_MOST_MULTIPLIER = 100


def read_fees(
    series: Payload, event: Payload, market: Payload, seen: Seen
) -> FeeSchedule | None:
    """Read what a taker pays in a market; None where nobody can know.

    That is a type without a published formula, and a market whose fee is waived for a
    time: what a waiver leaves to pay is not documented.

    Raises:
        PayloadError: a field cannot be read, or there is no multiplier.
    """
    waived_until = read_moment(market, "fee_waiver_expiration_time")
    if waived_until is not None and waived_until > seen.at:
        return None
    kind = read_text(event, "fee_type_override") or read_text(series, "fee_type")
    if kind not in _TAKERS_ALONE:
        return None
    return FeeSchedule(
        rate=TAKER_RATE * _read_multiplier(series, event),
        taker_only=_TAKERS_ALONE[kind],
        rounds_up_to=CENT,
    )


def _read_multiplier(series: Payload, event: Payload) -> Decimal:
    own = to_number(event.get("fee_multiplier_override"), "fee_multiplier_override")
    if own is None:
        own = to_number(series.get("fee_multiplier"), "fee_multiplier")
    if own is None:
        raise PayloadError("fee_multiplier is missing")
    if not 0 <= own <= _MOST_MULTIPLIER:
        raise PayloadError(f"fee_multiplier is {own}, which is no multiplier")
    return own
