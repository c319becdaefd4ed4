from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from apps.core.errors import UpstreamError
from apps.markets.domain.manifold import read_markets
from apps.markets.domain.payloads import PayloadError
from apps.markets.domain.quotes import Seen
from tests.fakes.venue_others import FakeManifold
from tests.fakes.venue_server import Fault
from tests.markets.venues import manifold_at, wire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from apps.markets.domain.markets import MarketReading
    from apps.markets.gateways.manifold import ManifoldGateway
    from tests.fakes.venue_server import FakeVenues

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SEEN = Seen(NOW)
D = Decimal
RESOLVED_MS = 1_795_000_000_000
RESOLVED_AT = datetime(2026, 11, 18, 11, 6, 40, tzinfo=UTC)


@pytest.fixture
async def gateway(venues: FakeVenues) -> AsyncIterator[ManifoldGateway]:
    made = manifold_at(venues)
    yield made
    await made.aclose()


def binary(**fields: Any) -> MarketReading:
    return read_markets(wire(FakeManifold().add("rain", **fields)), SEEN)["rain"]


def answers(**fields: Any) -> dict[str, MarketReading]:
    told = FakeManifold().add_multiple("who", {"ada": 0, "bob": 1}, **fields)
    return read_markets(wire(told), SEEN)


def test_a_question_of_yes_or_no_is_a_market() -> None:
    read = binary(probability=0.61)
    assert (read.question, read.outcomes) == ("Will rain happen?", ("Yes", "No"))
    assert read.opened_at == datetime(2026, 9, 1, tzinfo=UTC)
    assert read.ends_at == datetime(2027, 6, 30, tzinfo=UTC)
    assert (read.status.value, read.liquidity) == ("open", D(1000))
    assert read.quote is not None
    # The market maker trades with everybody at its price, so there are no sides.
    assert (read.quote.mid, read.quote.bid, read.quote.ask) == (D("0.61"), None, None)
    assert (read.quote.source, read.quote.flags) == ("manifold", 0)


def test_each_answer_is_a_market_of_the_same_event() -> None:
    read = answers()
    assert list(read) == ["who:ada", "who:bob"]
    ada = read["who:ada"]
    assert ada.question == "Will who happen? – Ada"
    assert (ada.event_id, ada.event_title) == ("who", "Will who happen?")
    assert ada.group_id == "who"
    assert ada.quote is not None
    assert ada.quote.mid == 0


def test_answers_that_can_all_be_true_are_no_group() -> None:
    ada = answers(shouldAnswersSumToOne=False)["who:ada"]
    assert (ada.event_id, ada.group_id) == ("who", "")


ENDS: list[tuple[dict[str, Any], str, Decimal | None]] = [
    ({"resolution": "YES"}, "resolved", D(1)),
    ({"resolution": "NO"}, "resolved", D(0)),
    ({"resolution": "MKT", "resolutionProbability": D("0.37")}, "void", D("0.37")),
    ({"resolution": "MKT"}, "closed", None),
    ({"resolution": "CANCEL"}, "void", None),
]


@pytest.mark.parametrize(("fields", "status", "payout"), ENDS)
def test_a_question_ends_by_its_resolution(
    fields: dict[str, Any], status: str, payout: Decimal | None
) -> None:
    read = binary(isResolved=True, resolutionTime=RESOLVED_MS, **fields)
    assert read.status.value == status
    assert (read.settlement.payout if read.settlement else None) == payout
    if read.settlement:
        assert read.settlement.settled_at == RESOLVED_AT
        assert read.settlement.rule == "manifold.resolution"


@pytest.mark.parametrize(
    ("fields", "ends"),
    [
        ({"resolution": "ada"}, [("resolved", D(1)), ("resolved", D(0))]),
        ({"resolution": "CANCEL"}, [("void", None), ("void", None)]),
        (
            {"resolution": "MKT", "resolutions": {"ada": 25, "bob": 75}},
            [("void", D("0.25")), ("void", D("0.75"))],
        ),
        ({"resolution": "eve"}, [("closed", None), ("closed", None)]),
    ],
)
def test_answers_end_by_the_word_of_their_question(
    fields: dict[str, Any], ends: list[tuple[str, Decimal | None]]
) -> None:
    read = answers(isResolved=True, resolutionTime=RESOLVED_MS, **fields).values()
    assert [
        (one.status.value, one.settlement.payout if one.settlement else None)
        for one in read
    ] == ends


def test_an_answer_can_end_before_its_question() -> None:
    told = FakeManifold().add_multiple("who", {"ada": 0, "bob": 1})
    told["answers"][0] |= {"resolution": "NO", "resolutionTime": RESOLVED_MS}
    ada, bob = read_markets(wire(told), SEEN).values()
    assert (ada.status.value, bob.status.value) == ("resolved", "open")
    assert ada.settlement is not None
    assert ada.settlement.payout == 0


def test_a_question_past_its_close_takes_no_bets() -> None:
    read = binary(closeTime=RESOLVED_MS)
    assert (read.status.value, read.closed_at) == ("closed", RESOLVED_AT)
    assert read.quote is not None
    assert read.quote.flags.words == ("closed",)


@pytest.mark.parametrize("kind", ["POLL", "PSEUDO_NUMERIC", "MULTIPLE_CHOICE"])
def test_a_question_of_another_kind_is_refused(kind: str) -> None:
    with pytest.raises(PayloadError, match=f"outcomeType is '{kind}', which has not"):
        binary(outcomeType=kind)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"probability": "high"}, "probability is not a number: 'high'"),
        ({"probability": 1.7}, "probability is not between 0 and 1"),
        ({"closeTime": "soon"}, "closeTime is not a number: 'soon'"),
        ({"question": None}, "question is missing"),
        ({"isResolved": "no"}, "isResolved is neither true nor false: 'no'"),
        ({"outcomeType": 7.5}, "outcomeType is '7.5'"),
        ({"totalLiquidity": []}, "totalLiquidity is not a number"),
    ],
)
def test_a_question_that_cannot_be_read_says_why(
    fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(PayloadError, match=message):
        binary(**fields)


async def test_markets_are_fetched_by_question(
    venues: FakeVenues, gateway: ManifoldGateway
) -> None:
    venues.manifold.add("rain")
    venues.manifold.add_multiple("who", {"ada": 0.25, "bob": 0.75})
    venues.manifold.add("poll", outcomeType="POLL")
    batch = await gateway.fetch_markets(
        ["rain", "who:ada", "who:bob", "who:eve", "poll", "none"]
    )
    assert list(batch.readings) == ["rain", "who:ada", "who:bob"]
    unknown = "Manifold knows no market of this id"
    assert batch.failures == {
        "who:eve": unknown,
        "poll": "outcomeType is 'POLL', which has not two outcomes",
        "none": unknown,
    }
    assert venues.count("manifold/market/who") == 1
    with pytest.raises(ValueError, match="at most 20 markets at once"):
        await gateway.fetch_markets(["rain"] * 21)


async def test_open_markets_are_listed_with_all_their_answers(
    venues: FakeVenues, gateway: ManifoldGateway
) -> None:
    for number in range(99):
        venues.manifold.add(f"n{number}")
    venues.manifold.add("poll", outcomeType="POLL")
    venues.manifold.add_multiple("who", {"ada": 0.25, "bob": 0.75})
    listed = [one.external_id async for one in gateway.list_markets()]
    assert listed[98:] == ["n98", "who:ada", "who:bob"]
    assert venues.count("manifold/search-markets") == 2
    some = [one.external_id async for one in gateway.list_markets(query="who", limit=1)]
    assert some == ["who:ada"]


async def test_what_manifold_refuses_of_one_question_takes_no_other_down(
    venues: FakeVenues, gateway: ManifoldGateway
) -> None:
    for name in ("rain", "snow", "wind"):
        venues.manifold.add(name)
    venues.break_("manifold/market/snow", Fault.STATUS, status=403)
    venues.respond["manifold/market/wind"] = lambda _: (200, b"[]")
    batch = await gateway.fetch_markets(["rain", "snow", "wind"])
    assert list(batch.readings) == ["rain"]
    assert batch.failures == {
        "snow": 'Manifold: GET /market/snow answered 403: {"error": "try again"}',
        "wind": "Manifold: GET /market/wind: the answer is not an object: []",
    }
    assert [one.external_id async for one in gateway.list_markets()] == ["rain"]


async def test_a_failure_of_manifold_is_one_line(
    venues: FakeVenues, gateway: ManifoldGateway
) -> None:
    venues.manifold.add("rain")
    venues.break_("manifold", Fault.STATUS, status=503)
    with pytest.raises(
        UpstreamError, match=r"^Manifold: GET /market/rain answered 503"
    ):
        await gateway.fetch_markets(["rain"])
    venues.heal()
    venues.break_("manifold", Fault.WRONG_TYPES)
    with pytest.raises(UpstreamError, match="search-markets: the answer is not a list"):
        [one async for one in gateway.list_markets()]
