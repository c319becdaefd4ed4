"""Storing what venues say: markets, quotes and settlements, by the thousand."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import structlog
from django.db import connection, transaction

from apps.core.ids import new_id
from apps.core.partitions import ensure_months, month_of
from apps.markets.domain.markets import QuoteFlag
from apps.markets.domain.records import (
    MarketRecord,
    QuoteRecord,
    SettlementRecord,
    make_record,
)
from apps.markets.services import reading_statements as sql
from apps.markets.services.partitions import QUOTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from django.db.backends.utils import CursorWrapper

    from apps.markets.domain.markets import MarketReading
    from apps.markets.domain.records import Record

logger = structlog.get_logger(__name__)

# A price that neither moved nor saw a trade for so long is no opinion of today. Every
# time zone has had its day by then; of 404,737 recorded hours of thinly traded election
# markets, a quarter lie beyond it, and a half beyond 6 hours.
STALE_AFTER = timedelta(hours=24)
# `astuple` copies deeply, which is most of the time for thousands of records.
_read_market, _read_quote, _read_settlement = (
    attrgetter(*(field.name for field in fields(record)))
    for record in (MarketRecord, QuoteRecord, SettlementRecord)
)


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of readings: the markets by external id, and what was refused.

    `quotes` counts those that were not there yet; `contradicted` are settled markets
    of which the venue says now, for the first time, that they ended otherwise.
    """

    market_ids: dict[str, UUID] = field(default_factory=dict)
    new: tuple[UUID, ...] = ()
    quotes: int = 0
    settled: tuple[UUID, ...] = ()
    contradicted: tuple[UUID, ...] = ()
    failures: dict[str, str] = field(default_factory=dict)


def store_readings(
    *, venue_id: UUID, readings: Iterable[MarketReading], now: datetime
) -> Stored:
    """Store markets of one venue with their quotes and settlements.

    One transaction, in a few statements whatever their number. The newest quote is
    repeated at the market, and an older one never takes its place. A settlement is
    written once; what the venue says otherwise later is kept beside it and logged.
    A reading that cannot be stored fails alone. Of two readings of one market the
    later in the sequence counts.
    """
    records, failures = _make_records(readings, now)
    stored = Stored()
    if records:
        stored = _store(venue_id=venue_id, records=records, now=now)
    return replace(stored, failures=failures)


def store_quotes(
    *, venue_id: UUID, readings: Iterable[MarketReading], now: datetime
) -> Stored:
    """Store the quotes of these readings where their markets are still open.

    Of the market itself, what is told by its venue stays as it is, and so does the
    time when it was last asked: who only hears prices has not seen how it stands.
    """
    records, failures = _make_records(readings, now)
    if not records:
        return Stored(failures=failures)
    _ensure_partitions(records)
    arguments = _name_arguments(venue_id, now)
    with transaction.atomic(), connection.cursor() as cursor:
        _copy(cursor, records)
        cursor.execute(sql.LOCK, arguments)
        cursor.execute(sql.KEEP_OPEN, arguments)
        cursor.execute(sql.UPDATE, arguments)
        updated = cursor.fetchall()
        cursor.execute(sql.QUOTES, arguments)
        quotes = cursor.rowcount
        cursor.execute(sql.DROP)
    return Stored(
        market_ids=dict(updated),
        quotes=quotes,
        failures=failures,
    )


def _make_records(
    readings: Iterable[MarketReading], now: datetime
) -> tuple[Sequence[Record], dict[str, str]]:
    """Return what can be stored, and why the rest cannot, by external id."""
    records: dict[str, Record] = {}
    failures = {}
    for reading in readings:
        try:
            records[reading.external_id] = make_record(reading, now=now)
        except ValueError as error:
            failures[reading.external_id] = str(error)
    return list(records.values()), failures


def _name_arguments(venue_id: UUID, now: datetime) -> dict[str, Any]:
    return {
        "venue": venue_id,
        "now": now,
        "stale_after": STALE_AFTER,
        "stale": int(QuoteFlag.STALE),
    }


def _store(*, venue_id: UUID, records: Sequence[Record], now: datetime) -> Stored:
    _ensure_partitions(records)
    arguments = _name_arguments(venue_id, now)
    with transaction.atomic(), connection.cursor() as cursor:
        _copy(cursor, records)
        cursor.execute(sql.UPSERT, arguments)
        upserted = cursor.fetchall()
        cursor.execute(sql.QUOTES, arguments)
        quotes = cursor.rowcount
        cursor.execute(sql.SETTLEMENTS, arguments)
        settled = tuple(row[0] for row in cursor.fetchall())
        cursor.execute(sql.CONTRADICTIONS, arguments)
        contradictions = cursor.fetchall()
        cursor.execute(sql.DROP)
    _complain(contradictions)
    return Stored(
        market_ids={external_id: found for external_id, found, _ in upserted},
        new=tuple(found for _, found, is_new in upserted if is_new),
        quotes=quotes,
        settled=settled,
        contradicted=tuple(row[0] for row in contradictions),
    )


def _copy(cursor: CursorWrapper, records: Sequence[Record]) -> None:
    cursor.execute(sql.CREATE)
    with cursor.copy(sql.COPY) as copy:
        for record in records:
            copy.write_row(
                (
                    new_id(),
                    *_read_market(record.market),
                    *_read_quote(record.quote),
                    *_read_settlement(record.settlement),
                )
            )
    cursor.execute("ANALYZE incoming")


@transaction.atomic
def _ensure_partitions(records: Sequence[Record]) -> None:
    """Have the months of these quotes; almost always they are there."""
    moments = (record.quote.quoted_at for record in records)
    ensure_months(QUOTES, sorted({month_of(at.date()) for at in moments if at}))


def _complain(contradictions: Sequence[tuple[object, ...]]) -> None:
    for market_id, external_id, payout, says, status in contradictions:
        logger.error(
            "settlement_contradicted",
            market=str(market_id),
            external_id=external_id,
            payout=_say(payout),
            venue_says=f"{status} {_say(says)}",
        )


def _say(payout: object) -> str:
    return "nothing" if payout is None else f"{payout:f}"
