"""The statements that store readings by the thousand, over a table of their own."""

from __future__ import annotations

from dataclasses import fields

from apps.markets.domain.records import (
    FINAL,
    MarketRecord,
    QuoteRecord,
    SettlementRecord,
)

_TYPES = {
    "outcomes": "text[]",
    "token_ids": "text[]",
    "fees": "jsonb",
    "evidence": "jsonb",
    "age_seconds": "integer",
    "flags": "integer",
    "is_void": "boolean",
    **dict.fromkeys(
        ("opened_at", "ends_at", "closed_at", "quoted_at", "settled_at"), "timestamptz"
    ),
    **dict.fromkeys(
        ("tick_size", "bid", "ask", "mid", "last", "spread", "payout"), "numeric(9, 8)"
    ),
    **dict.fromkeys(("liquidity", "volume", "depth"), "numeric(24, 6)"),
}
COLUMNS = [
    field.name
    for record in (MarketRecord, QuoteRecord, SettlementRecord)
    for field in fields(record)
]
_MARKET = [field.name for field in fields(MarketRecord) if field.name != "external_id"]
_QUOTE = ["bid", "ask", "mid", "last", "flags", "source", "quoted_at"]
# What is empty says as little as NULL does: a source that tells less must not erase.
_EMPTY = {
    **dict.fromkeys(
        ("slug", "description", "url", "event_id", "event_title", "group_id"), "''"
    ),
    "token_ids": "'{}'",
}
_FINAL = ", ".join(f"'{status.value}'" for status in sorted(FINAL))

CREATE = "CREATE TEMPORARY TABLE incoming (id uuid, {}) ON COMMIT DROP".format(
    ", ".join(f"{name} {_TYPES.get(name, 'text')}" for name in COLUMNS)
)
COPY = f"COPY incoming (id, {', '.join(COLUMNS)}) FROM STDIN"
DROP = "DROP TABLE incoming"

_IS_LATER = "excluded.synced_at >= m.synced_at"
# The newest quote stays the newest, whatever a clock or a slower reader brings later.
_IS_NEWER = "(m.quoted_at IS NULL OR excluded.quoted_at > m.quoted_at)"
# A trade shows in its price or in the volume.
_MOVED = (
    "(excluded.mid IS DISTINCT FROM m.mid"
    " OR COALESCE(excluded.last, m.last) IS DISTINCT FROM m.last"
    " OR COALESCE(excluded.volume, m.volume) IS DISTINCT FROM m.volume)"
)
_MOVED_AT = (
    "CASE WHEN m.quoted_at IS NULL OR (excluded.quoted_at > m.quoted_at AND"
    f" {_MOVED}) THEN COALESCE(excluded.quoted_at, m.moved_at) ELSE m.moved_at END"
)


def _say(name: str) -> str:
    """Return what a column becomes when a market is read again."""
    if name == "status":
        return (
            f"CASE WHEN m.status IN ({_FINAL}) THEN m.status"
            f" WHEN excluded.status IN ({_FINAL}) OR {_IS_LATER} THEN excluded.status"
            " ELSE m.status END"
        )
    if name == "closed_at":
        # Where the venue does not say when, it was by the time that we saw it.
        return (
            "CASE WHEN excluded.closed_at IS NOT NULL THEN excluded.closed_at"
            f" WHEN NOT {_IS_LATER} THEN m.closed_at"
            " WHEN excluded.status = 'open' THEN NULL"
            " WHEN m.status = 'open' THEN excluded.synced_at ELSE m.closed_at END"
        )
    new, old = f"excluded.{name}", f"m.{name}"
    empty = _EMPTY.get(name)
    if empty:
        new, old = f"NULLIF({new}, {empty})", f"NULLIF({old}, {empty})"
    chosen = (
        f"CASE WHEN {_IS_LATER} THEN COALESCE({new}, {old})"
        f" ELSE COALESCE({old}, {new}) END"
    )
    return f"COALESCE({chosen}, {empty})" if empty else chosen


def _say_quote(name: str) -> str:
    new = f"excluded.{name}"
    if name == "flags":
        # `stale` is found here, where it is known when the price last moved.
        new = (
            "(excluded.flags::integer | CASE WHEN excluded.quoted_at -"
            f" ({_MOVED_AT}) >= %(stale_after)s THEN %(stale)s ELSE 0 END)"
        )
    return f"CASE WHEN {_IS_NEWER} THEN {new} ELSE m.{name} END"


UPSERT = """
INSERT INTO markets_market AS m
    (id, venue_id, external_id, {columns}, first_seen_at, synced_at, moved_at)
SELECT id, %(venue)s, external_id, {columns}, %(now)s, %(now)s, quoted_at
FROM incoming ORDER BY external_id
ON CONFLICT (venue_id, external_id) DO UPDATE SET {assignments},
    moved_at = {moved_at}, synced_at = GREATEST(m.synced_at, excluded.synced_at)
RETURNING m.external_id, m.id, m.id IN (SELECT id FROM incoming)
""".format(  # noqa: S608 - names of this module
    columns=", ".join([*_MARKET, *_QUOTE]),
    assignments=", ".join(
        [f"{name} = {_say(name)}" for name in _MARKET]
        + [f"{name} = {_say_quote(name)}" for name in _QUOTE]
    ),
    moved_at=_MOVED_AT,
)

_JOINED = (
    "FROM incoming i JOIN markets_market m"
    " ON m.venue_id = %(venue)s AND m.external_id = i.external_id"
)
# Of a market that is open, a stream says the price and nothing else. The lock comes
# before, in the order of UPSERT, so that what closes it meanwhile is waited for.
LOCK = f"SELECT m.id {_JOINED} ORDER BY m.external_id FOR UPDATE OF m"
KEEP_OPEN = f"""
DELETE FROM incoming WHERE external_id NOT IN (
    SELECT m.external_id {_JOINED} WHERE m.status = 'open')
"""  # noqa: S608 - names of this module
UPDATE = """
UPDATE markets_market AS m SET {assignments}, moved_at = {moved_at}
FROM incoming AS excluded
WHERE m.venue_id = %(venue)s AND m.external_id = excluded.external_id
RETURNING m.external_id, m.id
""".format(
    assignments=", ".join(f"{name} = {_say_quote(name)}" for name in _QUOTE),
    moved_at=_MOVED_AT,
)
QUOTES = f"""
INSERT INTO markets_quote (market_id, observed_at, source, bid, ask, mid, last, spread,
    liquidity, age_seconds, flags)
SELECT m.id, i.quoted_at, i.source, i.bid, i.ask, i.mid, i.last, i.spread, i.depth,
    i.age_seconds, CASE WHEN m.quoted_at = i.quoted_at THEN m.flags ELSE i.flags END
{_JOINED} WHERE i.quoted_at IS NOT NULL
ON CONFLICT DO NOTHING
"""
SETTLEMENTS = f"""
INSERT INTO markets_settlement (market_id, payout, is_void, rule, evidence, settled_at,
    recorded_at, contradiction)
SELECT m.id, i.payout, i.is_void, i.rule, i.evidence, i.settled_at, %(now)s, '{{}}'
{_JOINED} WHERE i.is_void IS NOT NULL ORDER BY m.id
ON CONFLICT DO NOTHING RETURNING market_id
"""
# A settlement stands as it was written. What says otherwise later stands beside it.
CONTRADICTIONS = f"""
UPDATE markets_settlement s SET contradicted_at = %(now)s,
    contradiction = jsonb_build_object('status', i.status, 'payout', i.payout::text,
        'is_void', i.is_void, 'rule', i.rule, 'evidence', i.evidence)
{_JOINED} WHERE s.market_id = m.id AND s.contradicted_at IS NULL AND (
    i.status = 'disputed' OR (i.is_void IS NOT NULL
        AND (s.is_void <> i.is_void OR s.payout IS DISTINCT FROM i.payout)))
RETURNING s.market_id, i.external_id, s.payout, i.payout, i.status
"""  # noqa: S608 - names of this module
