"""How a market of Polymarket ended, by the order book and by the Data API."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from apps.markets.domain.payloads import PayloadError
from apps.markets.domain.resolution import (
    find_hold,
    settle_by_resolution,
    settle_by_winners,
)
from tests.fakes.venue_polymarket import FakePolymarket, make_resolution
from tests.markets.real import read_recorded
from tests.markets.venues import wire

TOKENS = ["111", "222"]
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
D = Decimal


def by_data(**fields: Any) -> tuple[Decimal | None, bool] | None:
    """Return the payout of a row, and whether it is void; None without an end."""
    row = wire(make_resolution("0xabc", **fields))
    found = settle_by_resolution(row, settled_at=NOW)
    return None if found is None else (found.payout, found.is_void)


def by_winners(**fields: Any) -> tuple[Decimal | None, str] | None:
    """Return the payout of a closed market with both at a half, and the rule."""
    market = FakePolymarket().add(1, closed=True, prices=("0.5", "0.5"))
    told = wire({**market.clob(), **fields})
    found = settle_by_winners(told, market.tokens, settled_at=NOW)
    return None if found is None else (found.payout, found.rule)


PRICES = [
    ("0", (D(0), False)),
    ("1", (D(1), False)),
    ("0.5", (D("0.5"), True)),
    ("1000000", (D(1), False)),
    ("400000", (D("0.4"), True)),
    ("500000000000000000", (D("0.5"), True)),
    ("1000000000000000000", (D(1), False)),
    ("69", None),
    ("", None),
]


@pytest.mark.parametrize(("price", "end"), PRICES)
def test_a_price_decides_in_either_scale_and_69_is_none(
    price: str, end: tuple[Decimal, bool] | None
) -> None:
    assert by_data(status="resolved", price=price) == end


PAYOUTS: list[tuple[list[Any], tuple[Decimal, bool]]] = [
    ([1_000_000, 0], (D(1), False)),
    ([0, 1_000_000], (D(0), False)),
    ([500_000, 500_000], (D("0.5"), True)),
    (["250000", "750000"], (D("0.25"), True)),
]


@pytest.mark.parametrize(("payouts", "end"), PAYOUTS)
def test_the_first_payout_is_the_first_outcomes(
    payouts: list[Any], end: tuple[Decimal, bool]
) -> None:
    assert by_data(status="resolved", payouts=payouts) == end
    assert by_data(status="resolved", payouts=payouts, price="69") == end


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"price": "2000000"}, "price is 2000000, which is of no known scale"),
        ({"price": "69000000"}, "price is 69000000, which is of no known scale"),
        ({"price": "69000000000000000000"}, "price is not between 0 and 1"),
        ({"price": "-1"}, "price is not between 0 and 1"),
        ({"payouts": [1_000_000]}, "payouts are not two parts of 1000000"),
        ({"payouts": [1, 0]}, "payouts are not two parts of 1000000"),
        ({"payouts": [None, 1_000_000]}, "payouts are not two parts of 1000000"),
        ({"payouts": [2_000_000, -1_000_000]}, "payouts is not between 0 and 1"),
        (
            {"payouts": [0, 1_000_000], "price": "1000000"},
            "price says 1, and payouts say 0",
        ),
    ],
)
def test_a_row_that_says_nothing_sure_decides_nothing(
    fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(PayloadError, match=message):
        by_data(status="resolved", **fields)


HELD = [
    *((word, "proposed") for word in ("posed", "proposed", "reproposed", "PROPOSED")),
    *((word, "disputed") for word in ("challenged", "disputed", "arbitration")),
]


@pytest.mark.parametrize(("word", "status"), HELD)
def test_what_is_not_resolved_holds_an_end_up(word: str, status: str) -> None:
    assert by_data(status=word, price="1000000", payouts=[1_000_000, 0]) is None
    held = find_hold(word, is_closed=True)
    assert held is not None
    assert held.value == status


@pytest.mark.parametrize("word", ["initialized", "active", "", "something new"])
def test_other_words_say_nothing(word: str) -> None:
    assert by_data(status=word, price="1000000") is None
    assert find_hold(word, is_closed=True) is None


def tokens(*won: bool, price: float = 0.5) -> list[dict[str, Any]]:
    names = FakePolymarket().add(1).tokens
    return [
        {"token_id": name, "winner": one, "price": price}
        for name, one in zip(names, won, strict=True)
    ]


@pytest.mark.parametrize(
    ("winners", "payout", "rule"),
    [
        ((True, False), D(1), "clob.winner"),
        ((False, True), D(0), "clob.winner"),
        ((True, True), D("0.5"), "clob.both_winners"),
    ],
)
def test_the_order_book_names_the_winner(
    winners: tuple[bool, bool], payout: Decimal, rule: str
) -> None:
    # Served in any order: what counts is whose token it is.
    tokens = [
        {"token_id": token, "winner": won}
        for token, won in reversed(list(zip(TOKENS, winners, strict=True)))
    ]
    settled = settle_by_winners(
        {"closed": True, "tokens": tokens}, TOKENS, settled_at=NOW
    )
    assert settled is not None
    assert (settled.payout, settled.rule) == (payout, rule)
    assert settled.is_void == (payout == D("0.5"))


def test_a_market_without_a_winner_is_not_final() -> None:
    tokens = [{"token_id": token, "winner": False} for token in TOKENS]
    told = {"closed": True, "tokens": tokens}
    assert settle_by_winners(told, TOKENS, settled_at=None) is None


def test_winners_of_other_tokens_are_refused() -> None:
    tokens = [{"token_id": token, "winner": True} for token in ("111", "333")]
    with pytest.raises(PayloadError, match="tokens are not those of the market"):
        settle_by_winners({"closed": True, "tokens": tokens}, TOKENS, settled_at=None)


def test_an_even_end_is_told_in_two_ways() -> None:
    assert by_winners(tokens=tokens(True, True)) == (D("0.5"), "clob.both_winners")  # noqa: FBT003
    assert by_winners(is_50_50_outcome=True) == (D("0.5"), "clob.fifty_fifty")


def test_a_half_alone_is_no_even_end() -> None:
    assert by_winners() is None
    away = tokens(False, False, price=0.4)  # noqa: FBT003
    assert by_winners(is_50_50_outcome=True, tokens=away) is None
    assert by_winners(is_50_50_outcome=True, closed=False) is None


def test_an_even_end_with_a_winner_is_refused() -> None:
    with pytest.raises(PayloadError, match="is_50_50_outcome is true, and a token is"):
        by_winners(is_50_50_outcome=True, tokens=tokens(True, False))  # noqa: FBT003


def test_recorded_even_ends_name_no_winner() -> None:
    found = []
    for raw in read_recorded("clob/primape_clob_markets_1000_2025_05.json"):
        names = [one["token_id"] for one in raw["tokens"]]
        if len(set(names)) == 2 and all(names):
            found.append((raw, settle_by_winners(raw, names, settled_at=None)))
    even = [(raw, one) for raw, one in found if one and one.is_void]
    assert len(even) == 7
    for raw, one in even:
        assert (one.payout, one.rule) == (D("0.5"), "clob.fifty_fifty")
        assert raw["is_50_50_outcome"] is True
        assert [token["winner"] for token in raw["tokens"]] == [False, False]
