"""What Manifold's answers say. Its money is play money; its times are milliseconds.

A market maker trades with everybody at the probability, so that there is a price with
neither bid nor ask. Each answer of a multiple-choice question is a market here, named
`QUESTION:ANSWER`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from apps.markets.domain.markets import (
    ONE,
    MarketReading,
    MarketStatus,
    QuoteFlag,
    QuoteReading,
    SettlementReading,
)
from apps.markets.domain.payloads import (
    PayloadError,
    read_amount,
    read_flag,
    read_list,
    read_milliseconds,
    read_object,
    read_share,
    read_text,
    require_text,
    to_number,
    to_share,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from apps.markets.domain.quotes import Seen

    Payload = Mapping[str, object]

BETWEEN = ":"
_HUNDRED = Decimal(100)
_PAYOUTS = {"YES": ONE, "NO": Decimal(0)}


def read_markets(raw: Payload, seen: Seen) -> dict[str, MarketReading]:
    """Read a question as one market, or as one for each of its answers, by name.

    Raises:
        PayloadError: a field cannot be read, or it is a question of another kind.
    """
    kind = read_text(raw, "outcomeType")
    if kind == "BINARY":
        return _by_name(_read_binary(raw, seen))
    answers = [read_object(one, "answers") for one in read_list(raw, "answers")]
    if kind != "MULTIPLE_CHOICE" or not answers:
        raise PayloadError(f"outcomeType is {kind!r}, which has not two outcomes")
    return _by_name(*(_read_answer(raw, answer, seen) for answer in answers))


def is_multiple(raw: Payload) -> bool:
    """Return whether a question has answers, which a listing leaves out."""
    return read_text(raw, "outcomeType") == "MULTIPLE_CHOICE"


def _by_name(*readings: MarketReading) -> dict[str, MarketReading]:
    return {reading.external_id: reading for reading in readings}


def _read_binary(raw: Payload, seen: Seen) -> MarketReading:
    settlement = _read_settlement(raw, raw) if read_flag(raw, "isResolved") else None
    return _read(raw, raw, seen, settlement=settlement)


def _read_answer(raw: Payload, answer: Payload, seen: Seen) -> MarketReading:
    """Read one answer; it ends by its own word, else by that of the question."""
    own = read_text(answer, "resolution")
    settlement = None
    if own:
        settlement = _read_settlement(answer, raw)
    elif read_flag(raw, "isResolved"):
        settlement = _settle_by_question(raw, read_text(answer, "id"))
    return _read(raw, answer, seen, settlement=settlement)


def _read(
    raw: Payload,
    priced: Payload,
    seen: Seen,
    *,
    settlement: SettlementReading | None,
) -> MarketReading:
    """Read what both kinds share; `priced` is the answer, or the question itself."""
    is_answer = priced is not raw
    question_id = require_text(raw, "id", most=100)
    title = require_text(raw, "question", most=10_000)
    ends_at = read_milliseconds(raw, "closeTime")
    is_over = settlement is not None or read_flag(raw, "isResolved")
    is_closed = is_over or (ends_at is not None and ends_at <= seen.at)
    name, question = question_id, title
    if is_answer:
        name += BETWEEN + require_text(priced, "id", most=90)
        question = f"{title} – {require_text(priced, 'text', most=10_000)}"
    sums_to_one = raw.get("shouldAnswersSumToOne") is not False
    return MarketReading(
        external_id=name,
        question=question,
        outcomes=("Yes", "No"),
        status=_tell_status(settlement, is_closed=is_closed),
        slug=read_text(raw, "slug", most=300),
        description=read_text(raw, "textDescription"),
        url=read_text(raw, "url", most=500),
        event_id=question_id if is_answer else "",
        event_title=title if is_answer else "",
        group_id=question_id if is_answer and sums_to_one else "",
        opened_at=read_milliseconds(raw, "createdTime"),
        ends_at=ends_at,
        closed_at=ends_at if is_closed else None,
        liquidity=read_amount(raw, "totalLiquidity"),
        volume=read_amount(priced, "volume"),
        quote=_read_quote(raw, priced, seen, is_closed=is_closed),
        settlement=settlement,
    )


def _read_quote(
    raw: Payload, priced: Payload, seen: Seen, *, is_closed: bool
) -> QuoteReading | None:
    price = read_share(priced, "probability")
    if price is None:
        return None
    return QuoteReading(
        observed_at=seen.at,
        source="manifold",
        mid=price,
        liquidity=read_amount(raw, "totalLiquidity"),
        age_seconds=seen.age_seconds,
        flags=seen.flags | (QuoteFlag.CLOSED if is_closed else QuoteFlag(0)),
    )


def _read_settlement(ended: Payload, raw: Payload) -> SettlementReading | None:
    """Read YES, NO, MKT (in parts, at a probability) or CANCEL."""
    word = read_text(ended, "resolution")
    settled_at = _read_settled_at(ended, raw)
    evidence: dict[str, object] = {"resolution": word}
    if word in _PAYOUTS:
        return _decide(_PAYOUTS[word], evidence, settled_at)
    if word == "CANCEL":
        return _decide(None, evidence, settled_at)
    part = read_share(ended, "resolutionProbability")
    if word != "MKT" or part is None:
        return None
    evidence["resolutionProbability"] = str(part)
    return _decide(part, evidence, settled_at)


def _settle_by_question(raw: Payload, answer_id: str) -> SettlementReading | None:
    """Decide an answer by the question's resolution: the id of the one that won."""
    word = read_text(raw, "resolution")
    settled_at = _read_settled_at(raw, raw)
    evidence: dict[str, object] = {"resolution": word, "answer": answer_id}
    if word == "CANCEL":
        return _decide(None, evidence, settled_at)
    if word in {"MKT", "CHOOSE_MULTIPLE"}:
        parts = read_object(raw.get("resolutions"), "resolutions")
        part = to_number(parts.get(answer_id), "resolutions") or Decimal(0)
        evidence["percent"] = str(part)
        return _decide(to_share(part / _HUNDRED, "resolutions"), evidence, settled_at)
    known = {
        read_text(read_object(one, "answers"), "id")
        for one in read_list(raw, "answers")
    }
    if word not in known:
        return None
    return _decide(ONE if word == answer_id else Decimal(0), evidence, settled_at)


def _decide(
    payout: Decimal | None, evidence: dict[str, object], settled_at: datetime | None
) -> SettlementReading:
    is_void = payout not in _PAYOUTS.values()
    return SettlementReading(
        payout,
        is_void=is_void,
        rule="manifold.resolution",
        evidence=evidence,
        settled_at=settled_at,
    )


def _read_settled_at(ended: Payload, raw: Payload) -> datetime | None:
    return read_milliseconds(ended, "resolutionTime") or read_milliseconds(
        raw, "resolutionTime"
    )


def _tell_status(
    settlement: SettlementReading | None, *, is_closed: bool
) -> MarketStatus:
    if settlement is None:
        return MarketStatus.CLOSED if is_closed else MarketStatus.OPEN
    return MarketStatus.VOID if settlement.is_void else MarketStatus.RESOLVED
