"""Markets are found by their words, and by an index of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core.ids import new_id
from apps.markets.domain.words import to_search
from apps.markets.models import Market
from apps.markets.selectors.liquid import list_liquid_markets
from apps.markets.selectors.listing import MarketFilter, list_markets
from tests.markets.make import NOW, make_market, make_venue

if TYPE_CHECKING:
    from django.test import Client


@pytest.mark.parametrize(
    ("query", "search"),
    [
        ("rate cut", "('rate':*) & ('cut':*)"),
        ("U.S.", "('U' <-> 'S':*)"),
        ("O'Brien \\ 3.5%", "('O' <-> 'Brien':*) & ('3' <-> '5':*)"),
        ("'); DROP -- :* & | ! <->", "('DROP':*)"),
        ("a\0b", "('a' <-> 'b':*)"),
        ("%% — 😀⚡", "('😀':*)"),
        ("", ""),
    ],
)
def test_a_query_becomes_words_whose_ends_are_open(query: str, search: str) -> None:
    assert to_search(query) == search


def found(query: str) -> set[str]:
    return {row.external_id for row in list_markets(MarketFilter(query=query)).rows}


@pytest.fixture
def markets(db: None) -> None:
    for name, question, event in (
        ("fed", "Will the U.S. Fed cut rates by 0.25% in 2026?", "Fed’s decisions"),
        ("btc", "Bitcoin above $100,000? (BTC/USD)", "Crypto"),
        ("თოვლი", "Schnee in Österreich (თოვლი)?", ""),
        ("são", "Chuva em São Paulo — amanhã?", "Tempo"),
    ):
        make_market(name, question=question, event_title=event)


@pytest.mark.usefixtures("markets")
@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("bit", {"btc"}),
        ("coin", set()),  # a beginning, no part
        ("CUT fed", {"fed"}),
        ("fed crypto", set()),
        ("decis rate", {"fed"}),  # one of the event, one of the question
        ("U.S.", {"fed"}),
        ("0.25%", {"fed"}),
        ("25.0", set()),
        ("100,000", {"btc"}),
        ("100%", {"btc"}),
        ("usd", {"btc"}),
        ("btc/usd", {"btc"}),
        ("fed's", {"fed"}),
        ("schnee ÖSTERR", {"თოვლი"}),
        ("თოვ", {"თოვლი"}),
        ("paulo amanhã", {"são"}),
        ("sao", set()),
        ("the", {"fed"}),
        ("%", set()),
        ("  ", {"fed", "btc", "თოვლი", "são"}),
        ("x" * 5000, set()),
    ],
)
def test_markets_are_found_by_beginnings_of_words(query: str, names: set[str]) -> None:
    assert found(query) == names


@pytest.mark.usefixtures("markets")
def test_what_can_be_predicted_and_the_site_are_searched_alike(client: Client) -> None:
    rows = list_liquid_markets(now=NOW, query="bitco")
    assert [row.external_id for row in rows] == ["btc"]
    page = client.get("/search", {"q": "bitco"}).content.decode()
    assert "Bitcoin above" in page
    assert "Will the U.S. Fed" not in page


@pytest.mark.usefixtures("markets")
def test_a_question_that_changes_is_found_by_its_new_words() -> None:
    Market.objects.filter(external_id="btc").update(question="Ether above 5k?")
    assert (found("bitcoin"), found("ether")) == (set(), {"btc"})


@pytest.mark.django_db
def test_a_rare_word_among_many_markets_is_found_by_the_index() -> None:
    venue = make_venue()
    Market.objects.bulk_create(
        Market(
            id=new_id(),
            venue=venue,
            external_id=f"m{number}",
            question=f"Will thing {number} happen before {number % 90}?",
            description="This market resolves by the rules. " * 25,
            outcomes=["Yes", "No"],
            first_seen_at=NOW,
        )
        for number in range(4_000)
    )
    make_market("rare", question="Will the okapi be seen?")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE markets_market")
        with CaptureQueriesContext(connection) as seen:
            assert found("okap") == {"rare"}
        statement = next(one["sql"] for one in seen if "@@" in one["sql"])
        cursor.execute(f"EXPLAIN {statement}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "market_words" in plan, plan
