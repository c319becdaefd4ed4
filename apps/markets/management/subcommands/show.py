"""`markets show ID`: one market with its newest quotes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from apps.core.web.twins import plain, time_text
from apps.markets.management.arguments import shorten
from apps.markets.management.rows import price_text, to_json
from apps.markets.selectors.listing import find_market
from apps.markets.selectors.quotes import QuoteRow, list_quotes

if TYPE_CHECKING:
    from django.core.management.base import CommandParser, OutputWrapper

    from apps.markets.selectors.markets import MarketRow, SettlementRow

NAME = "show"
HELP = "Show a market with its newest quotes."
NEEDS_DATABASE = True
QUOTES = 10


def add_arguments(parser: CommandParser) -> None:
    """Declare which market."""
    parser.add_argument(
        "market",
        metavar="ID",
        help="its id, its id at its venue (also as VENUE:ID), or its slug",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def handle(
    options: dict[str, Any], stdout: OutputWrapper, _stderr: OutputWrapper
) -> None:
    """Print all that is known of it."""
    row = find_market(options["market"])
    quotes = list_quotes(row.id, limit=QUOTES)
    if options["json"]:
        told = {"market": to_json(row), "quotes": [_to_json(one) for one in quotes]}
        stdout.write(json.dumps(told, indent=2))
        return
    for line in (*_describe(row), *(_describe_quote(one) for one in quotes)):
        stdout.write(line)


def _describe(row: MarketRow) -> list[str]:
    label = "" if not row.is_stand_in else f", {row.nature.value}: not a live market"
    first, second = (shorten(outcome) for outcome in row.outcomes)
    lines = [
        shorten(row.question),
        f"id {row.id}",
        f"at {row.venue_name} ({row.venue}:{shorten(row.external_id)}){label}",
        (
            f"{row.status.value}, {first} or {second}, price of {first}: "
            f"{price_text(row.price)}"
        ),
    ]
    if row.event_id:
        lines.append(f"event {shorten(row.event_id)}: {shorten(row.event_title)}")
    for word, moment in (("ends", row.ends_at), ("closed", row.closed_at)):
        if moment is not None:
            lines.append(f"{word} {time_text(moment)}")
    return lines if row.settlement is None else [*lines, _end(row.settlement)]


def _end(settled: SettlementRow) -> str:
    kind = "void" if settled.is_void else "settled"
    line = f"{kind}: pays {price_text(settled.payout)} by {settled.rule}"
    if settled.contradicted_at is None:
        return line
    return f"{line}; contradicted by the venue at {time_text(settled.contradicted_at)}"


def _describe_quote(quote: QuoteRow) -> str:
    sides = f"{price_text(quote.bid)} to {price_text(quote.ask)}"
    flags = f" ({', '.join(quote.flags.words)})" if quote.flags else ""
    at = time_text(quote.observed_at)
    return f"{at} {quote.source}: {sides}, last {price_text(quote.last)}{flags}"


def _to_json(quote: QuoteRow) -> dict[str, object]:
    return {
        "observed_at": plain(quote.observed_at),
        "source": quote.source,
        **{
            name: plain(getattr(quote, name))
            for name in ("bid", "ask", "mid", "last", "spread", "liquidity")
        },
        "age_seconds": quote.age_seconds,
        "flags": quote.flags.words,
    }
