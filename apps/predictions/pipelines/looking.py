"""One look at some predictions: from fresh rows of their markets to what is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from apps.core.copying import to_uuid_array
from apps.markets.domain.markets import UNUSABLE, MarketStatus, QuoteFlag
from apps.predictions.domain.hours import (
    MOST_ERRORS,
    LookError,
    Tally,
    count_natures,
)
from apps.predictions.domain.movement import (
    WINDOWS,
    Bools,
    Codes,
    Floats,
    Looks,
    PastPrices,
    in_frame,
    measure,
)
from apps.predictions.domain.scores import settled_scores
from apps.predictions.services.snapshots import Chunk, Endings, Snapshots

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from decimal import Decimal
    from uuid import UUID

    from numpy.typing import NDArray

    from apps.markets.selectors.markets import MarketRow
    from apps.predictions.selectors.tracks import TrackPage

    # The first outcome's price, and when it was.
    PricesThen = Mapping[UUID, tuple[float, float]]
    Past = Mapping[str, PricesThen]

# A price from before the hour stands for it where a cache kept it no longer than this.
OLDEST = timedelta(minutes=15)
# The price at the close of what was paused is the market's, if it is no older.
LAST_HOURS = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class _Markets:
    """The markets of a page, one place each; predictions point there by `place`."""

    place: NDArray[np.intp]
    nature: Codes
    price: Floats
    spread: Floats
    tick: Floats
    observed_at: Floats
    flags: NDArray[np.int32]
    source: NDArray[np.int32]
    sources: Sequence[str]
    answered: Bools
    closed: Bools
    settled: Bools
    is_void: Bools
    payout: Floats
    settled_at: Floats


def take_look(
    page: TrackPage,
    rows: Mapping[UUID, MarketRow],
    failures: Mapping[UUID, str],
    past: Past,
    closing: PricesThen,
    *,
    fetched: Collection[UUID],
    hour: datetime,
    now: datetime,
) -> Chunk:
    """Return what one look at a page of predictions is to store.

    `past` has the prices at which each window opens, `closing` the last ones of
    settled markets before they closed. `fetched` are the markets that were asked for
    this page, which counts those of them that answered.

    A prediction whose market did not answer fails with the market's reason. One whose
    market has no price of this hour, or was seen closed before, is skipped. A market
    that is first seen closed has one last snapshot, flagged; one that is settled ends
    its predictions, paused ones too.
    """
    ids = list(dict.fromkeys(page.market_ids))
    markets = _gather(page, ids, rows)
    at = markets.place
    answered, closed = markets.answered[at], markets.closed[at]
    settled = answered & markets.settled[at]
    priced = ~(np.isnan(markets.price) | _is_old(markets.observed_at, hour))[at]
    has_look = page.is_active & answered & priced & ~(closed & page.market_closed)
    failed = page.is_active & ~answered
    skipped = page.is_active & answered & ~has_look & ~settled
    fresh = markets.answered & np.array([one in fetched for one in ids], dtype=np.bool_)
    counts = count_natures(
        failed=page.nature[failed],
        skipped=page.nature[skipped],
        markets=markets.nature[fresh],
    )
    noticed = closed & answered & ~has_look & ~settled & ~page.market_closed
    prices = _closing_prices(page, ids, markets, closing)
    endings = _endings(page, markets, prices, counts=page.is_active & ~has_look)
    return Chunk(
        snapshots=_snapshots(page, markets, _past(ids, past), now).take(has_look),
        endings=endings.take(settled),
        closed=to_uuid_array(page.prediction_ids)[noticed],
        tally=Tally(counts, _errors(page, failed, failures)),
    )


def _gather(
    page: TrackPage, ids: Sequence[UUID], rows: Mapping[UUID, MarketRow]
) -> _Markets:
    places = {market_id: place for place, market_id in enumerate(ids)}
    found = [rows.get(market_id) for market_id in ids]
    sources = list(dict.fromkeys(row.source for row in found if row))
    endings = [row.settlement if row else None for row in found]
    closed = [row is not None and row.status != MarketStatus.OPEN for row in found]
    shut = QuoteFlag.CLOSED
    place = np.array([places[one] for one in page.market_ids], dtype=np.intp)
    nature = np.zeros(len(ids), dtype=np.int8)
    nature[place] = page.nature
    return _Markets(
        place=place,
        nature=nature,
        price=_floats(row.price if row else None for row in found),
        spread=_floats(_spread(row) if row else None for row in found),
        tick=_floats(row.tick_size if row else None for row in found),
        observed_at=_times(row.quoted_at if row else None for row in found),
        flags=np.array(
            [
                int((row.flags | shut) if is_closed else row.flags) if row else 0
                for row, is_closed in zip(found, closed, strict=True)
            ],
            dtype=np.int32,
        ),
        source=np.array(
            [sources.index(row.source) if row else 0 for row in found],
            dtype=np.int32,
        ),
        sources=sources,
        answered=np.array([row is not None for row in found], dtype=np.bool_),
        closed=np.array(closed, dtype=np.bool_),
        settled=np.array([one is not None for one in endings], dtype=np.bool_),
        is_void=np.array([bool(one and one.is_void) for one in endings]),
        payout=_floats(one.payout if one else None for one in endings),
        settled_at=_times(
            (one.settled_at or one.recorded_at) if one else None for one in endings
        ),
    )


def _snapshots(
    page: TrackPage,
    markets: _Markets,
    past: Mapping[str, PastPrices],
    now: datetime,
) -> Snapshots:
    at = markets.place
    price = in_frame(markets.price[at], page.outcome)
    usable = (markets.flags & int(UNUSABLE) == 0)[at]
    looks = Looks(
        price=price,
        spread=markets.spread[at],
        tick=markets.tick[at],
        observed_at=markets.observed_at[at],
        usable=usable,
    )
    before = {
        name: PastPrices(in_frame(one.price[at], page.outcome), one.observed_at[at])
        for name, one in past.items()
    }
    return Snapshots(
        prediction_ids=to_uuid_array(page.prediction_ids),
        market_ids=to_uuid_array(page.market_ids),
        first_price=markets.price[at],
        price=price,
        spread=looks.spread,
        observed_at=looks.observed_at,
        flags=markets.flags[at],
        usable=usable,
        source=markets.source[at],
        sources=markets.sources,
        closed=markets.closed[at],
        resolved=markets.settled[at],
        probability=page.tracks.probability,
        confidence=page.confidence,
        nature=page.nature,
        movements=measure(page.tracks, looks, now.timestamp(), before),
    )


def _endings(
    page: TrackPage, markets: _Markets, closing_price: Floats, *, counts: Bools
) -> Endings:
    """Score every prediction as its market's payout has it; a void one has no score."""
    at, tracks = markets.place, page.tracks
    value = in_frame(markets.payout[at], page.outcome)
    is_void = markets.is_void[at]
    scores = settled_scores(
        tracks.probability,
        tracks.initial_price,
        closing_price,
        np.where(is_void, np.nan, value),
    )
    return Endings(
        prediction_ids=to_uuid_array(page.prediction_ids),
        is_void=is_void,
        value=value,
        settled_at=markets.settled_at[at],
        closing_price=closing_price,
        brier=scores.brier,
        log_score=scores.log_score,
        skill=scores.skill,
        closing_skill=scores.closing_skill,
        counts=counts,
        nature=page.nature,
    )


def _closing_prices(
    page: TrackPage, ids: Sequence[UUID], markets: _Markets, closing: PricesThen
) -> Floats:
    """Return the last valid prices before the close.

    A prediction that was paused has not seen it: for that the market's own stands.
    """
    known = np.array([closing.get(one, (np.nan, np.nan))[0] for one in ids])
    of_market = in_frame(known[markets.place], page.outcome)
    return np.where(page.is_current, page.tracks.valid_price, of_market)


def list_closes(rows: Mapping[UUID, MarketRow]) -> dict[UUID, datetime]:
    """Return when each of these markets that is settled closed."""
    return {
        market_id: row.closed_at
        or row.settlement.settled_at
        or row.settlement.recorded_at
        for market_id, row in rows.items()
        if row.settlement is not None
    }


def _errors(
    page: TrackPage, failed: Bools, failures: Mapping[UUID, str]
) -> tuple[LookError, ...]:
    first = np.flatnonzero(failed)[:MOST_ERRORS]
    return tuple(
        LookError(
            str(page.prediction_ids[place]),
            failures.get(page.market_ids[place], "Its market did not answer."),
        )
        for place in first
    )


def _past(ids: Sequence[UUID], past: Past) -> dict[str, PastPrices]:
    nothing = (np.nan, np.nan)
    found = {}
    for name in WINDOWS:
        pairs = np.array([past[name].get(one, nothing) for one in ids]).reshape(-1, 2)
        found[name] = PastPrices(pairs[:, 0], pairs[:, 1])
    return found


def _is_old(observed_at: Floats, hour: datetime) -> Bools:
    return ~(observed_at >= (hour - OLDEST).timestamp())


def _spread(row: MarketRow) -> Decimal | None:
    return None if row.bid is None or row.ask is None else row.ask - row.bid


def _floats(values: Iterable[Decimal | None]) -> Floats:
    given = [np.nan if value is None else float(value) for value in values]
    return np.array(given, dtype=np.float64)


def _times(values: Iterable[datetime | None]) -> Floats:
    given = [np.nan if value is None else value.timestamp() for value in values]
    return np.array(given, dtype=np.float64)
