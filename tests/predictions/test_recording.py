"""What is recorded of a prediction, and what is refused."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from django.db import transaction

from apps.core.errors import ConflictError, InvalidInputError, NotFoundError
from apps.core.ids import new_id
from apps.markets.domain.markets import Nature, QuoteFlag
from apps.markets.models import Market
from apps.predictions.domain.entries import EntriesRefusedError, NewPrediction
from apps.predictions.domain.words import BenchmarkStatus, ExperimentKind
from apps.predictions.models import Prediction, Summary
from apps.predictions.selectors.audit import audit_chains
from apps.predictions.services.experiments import create_experiment
from apps.predictions.services.predictions import record_predictions
from tests.markets.make import NOW, make_market

if TYPE_CHECKING:
    from pytest_django import DjangoCaptureOnCommitCallbacks

    from apps.predictions.selectors.predictions import PredictionRow

pytestmark = pytest.mark.django_db


@pytest.fixture
def experiment_id() -> UUID:
    return create_experiment(
        workspace_id=None,
        name="gut-feeling",
        kind=ExperimentKind.SUBMITTED,
        now=NOW,
    ).id


@pytest.fixture
def market() -> Market:
    return make_market(external_id="0xrain", flags=int(QuoteFlag.CACHED))


def entry(
    market: Market | str, probability: Any = "0.75", **more: Any
) -> NewPrediction:
    name = f"polymarket:{market.external_id}" if isinstance(market, Market) else market
    number = Decimal(probability) if isinstance(probability, str) else probability
    return NewPrediction(name, more.pop("outcome", 0), number, **more)


def record(
    experiment_id: UUID, *entries: NewPrediction, later: timedelta = timedelta()
) -> tuple[PredictionRow, ...]:
    return record_predictions(
        experiment_id=experiment_id, entries=entries, now=NOW + later
    )


def faults_of(experiment_id: UUID, *entries: NewPrediction) -> list[tuple[Any, ...]]:
    """Record, and return what is refused; nothing may be stored."""
    with pytest.raises(EntriesRefusedError) as caught:
        record(experiment_id, *entries)
    assert Prediction.objects.count() == Summary.objects.count() == 0
    return [(one.index, one.field, one.what) for one in caught.value.entries]


def test_a_prediction_stands_beside_the_price_of_the_market(
    experiment_id: UUID, market: Market
) -> None:
    sent = entry(
        market,
        confidence=Decimal(80),
        reasoning="Clouds.",
        cost=Decimal("0.0021"),
        market_price_shown=Decimal("0.5"),
    )
    (row,) = record(experiment_id, sent, later=timedelta(minutes=5))
    assert (row.sequence, row.previous_hash) == (1, "")
    assert (row.probability, row.confidence) == (Decimal("0.75"), Decimal(80))
    assert (row.market_price, row.market_bid) == (Decimal("0.60"), Decimal("0.595"))
    assert row.market_price_shown == Decimal("0.5")
    assert row.market_flags is QuoteFlag.CACHED
    assert (row.market_quoted_at, row.created_at) == (
        NOW,
        NOW + timedelta(minutes=5),
    )
    assert (row.question, row.outcome_name) == ("Will there be rain?", "Yes")
    assert (row.venue, row.nature) == ("polymarket", Nature.LIVE)
    assert row.status is BenchmarkStatus.ACTIVE


def test_the_second_outcome_sees_the_prices_from_the_other_side(
    experiment_id: UUID, market: Market
) -> None:
    (row,) = record(experiment_id, entry(market, "0.3", outcome=" no "))
    assert (row.outcome, row.outcome_name) == (1, "No")
    assert (row.market_bid, row.market_price, row.market_ask) == (
        Decimal("0.395"),
        Decimal("0.40"),
        Decimal("0.405"),
    )


def test_every_prediction_has_its_summary(experiment_id: UUID, market: Market) -> None:
    Market.objects.filter(pk=market.pk).update(event_id="weather")
    (row,) = record(experiment_id, entry(market, "0.5", outcome=1, confidence=70.0))
    summary = Summary.objects.get(pk=row.id)
    assert (summary.experiment_id, summary.market_id) == (experiment_id, market.pk)
    assert (summary.cluster, summary.outcome) == ("polymarket:weather", 1)
    assert (summary.predicted_probability, summary.predicted_confidence) == (0.5, 70.0)
    assert (summary.initial_market_price, summary.initial_bid) == (0.4, 0.395)
    assert summary.initial_delta == pytest.approx(0.1)
    assert summary.price_was_shown is False
    assert summary.predicted_at == NOW


def test_predictions_are_chained_in_the_order_in_which_they_were_sent(
    experiment_id: UUID, market: Market
) -> None:
    first = record(experiment_id, entry(market, "0.1"), entry(market, "0.2"))
    (third,) = record(experiment_id, entry(market, "0.3"))
    rows = [*first, third]
    assert [row.probability for row in rows] == [Decimal(f"0.{n}") for n in (1, 2, 3)]
    assert [row.sequence for row in rows] == [1, 2, 3]
    hashes = ["", *(row.content_hash for row in rows)]
    assert [row.previous_hash for row in rows] == hashes[:3]
    (audit,) = audit_chains(experiment_id)
    assert (audit.predictions, audit.head_hash) == (3, hashes[-1])
    assert audit.broken is None


def test_what_is_hashed_is_what_the_database_gives_back(
    experiment_id: UUID, market: Market
) -> None:
    sent = entry(
        market,
        0.1 + 0.2,
        confidence=33.333,
        cost=1e-7,
        reasoning="é 🌧\r\n\t\x7f",
        provenance={"samples": [0.1, 1e22, 100.0, 3], "ünder": {"n": None}},
        reference="day 1/α",
    )
    (row,) = record(experiment_id, sent)
    assert row.probability == Decimal("0.3")
    assert next(audit_chains(experiment_id)).broken is None


@pytest.mark.parametrize(
    ("probability", "what"),
    [
        ("75", "75 is not between 0 and 1; if it is a percentage, write 0.75"),
        (1.5, "1.5 is not between 0 and 1; if it is a percentage, write 0.015"),
        ("-0.1", "-0.1 is not between 0 and 1"),
        ("101", "101 is not between 0 and 1"),
        ("NaN", "NaN is not between 0 and 1"),
        (float("inf"), "inf is not between 0 and 1"),
        (10**400, f"1{'0' * 39}\u2026 is not between 0 and 1"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_no_share_of_one_is_refused(
    experiment_id: UUID, market: Market, probability: Any, what: str
) -> None:
    sent = entry(market, probability)
    assert faults_of(experiment_id, sent) == [(0, "probability", what)]


@pytest.mark.parametrize(
    ("more", "field", "what"),
    [
        ({"confidence": 101}, "confidence", "101 is not between 0 and 100"),
        ({"confidence": Decimal("sNaN")}, "confidence", "sNaN is not between"),
        ({"cost": Decimal(-1)}, "cost", "-1 is not between 0 and 999999"),
        ({"market_price_shown": 60}, "market_price_shown", "60 is not between 0 and 1"),
        ({"reasoning": "a" * 20_001}, "reasoning", "20001 characters are more than"),
        ({"reasoning": "a\0"}, "reasoning", "it holds a character that cannot"),
        ({"reference": "\ud800"}, "reference", "it holds a character that cannot"),
        ({"provenance": {"x": [float("nan")]}}, "provenance", "it holds what cannot"),
        ({"outcome": "Maybe"}, "outcome", "'Maybe' is neither 'Yes' nor 'No'"),
        ({"outcome": 2}, "outcome", "2 is neither 'Yes' nor 'No'"),
    ],
)
def test_a_value_out_of_its_range_is_refused(
    experiment_id: UUID, market: Market, more: dict[str, Any], field: str, what: str
) -> None:
    ((index, name, said),) = faults_of(experiment_id, entry(market, **more))
    assert (index, name) == (0, field)
    assert said.startswith(what)


@pytest.mark.parametrize(
    "status", ["closed", "proposed", "disputed", "resolved", "void"]
)
def test_a_market_that_is_not_open_is_refused(
    experiment_id: UUID, market: Market, status: str
) -> None:
    Market.objects.update(status=status)
    what = f"it is {status}: only an open market can be predicted"
    assert faults_of(experiment_id, entry(market)) == [(0, "market", what)]


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"mid": None, "last": None}, "it has no price yet"),
        ({"quoted_at": None}, "it has no price yet"),
        ({"flags": 3}, "its newest price cannot be used: one_sided, wide"),
        (
            {"quoted_at": NOW - timedelta(minutes=15, seconds=1)},
            "its newest price is of 2026-11-24 12:14:59 UTC, older than 15 minutes",
        ),
        (
            {"quoted_at": NOW + timedelta(seconds=61)},
            "its newest price is of 2026-11-24 12:31:01 UTC, which is yet to come",
        ),
    ],
)
def test_a_market_without_a_price_to_compare_with_is_refused(
    experiment_id: UUID, market: Market, changes: dict[str, Any], what: str
) -> None:
    Market.objects.update(**changes)
    assert faults_of(experiment_id, entry(market)) == [(0, "market", what)]


@pytest.mark.parametrize(
    "name", ["0xrain", "kalshi:0xrain", "polymarket:", "a\0:b", "", str(UUID(int=7))]
)
@pytest.mark.usefixtures("market")
def test_a_market_that_is_not_known_is_refused(experiment_id: UUID, name: str) -> None:
    what = f"no market {name!r} is known here"
    assert faults_of(experiment_id, entry(name)) == [(0, "market", what)]


def test_all_faults_are_named_and_nothing_is_stored(
    experiment_id: UUID, market: Market
) -> None:
    found = faults_of(
        experiment_id,
        entry(market, reference="a"),
        entry("nowhere", "7", confidence=-1),
        entry(market, reference="a"),
    )
    assert [one[:2] for one in found] == [
        (1, "probability"),
        (1, "confidence"),
        (1, "market"),
        (2, "reference"),
    ]
    assert found[3][2] == "prediction 0 of these has the same"


def test_a_market_is_found_by_its_id_as_well(
    experiment_id: UUID, market: Market
) -> None:
    rows = record(
        experiment_id,
        NewPrediction(market.pk, "1", Decimal(0)),
        NewPrediction(str(market.pk), "YES", 1.0),
    )
    assert [(row.market_id, row.outcome) for row in rows] == [
        (market.pk, 1),
        (market.pk, 0),
    ]


def test_an_outcome_by_name_comes_before_one_by_place(experiment_id: UUID) -> None:
    market = make_market(external_id="odd", outcomes=["1", "0"])
    rows = record(experiment_id, entry(market, outcome="1"), entry(market, outcome=1))
    assert [row.outcome for row in rows] == [0, 1]


def test_repeating_a_reference_returns_what_was_recorded(
    experiment_id: UUID, market: Market
) -> None:
    sent = entry(market, "0.750", reference="day-1", confidence=50)
    (first,) = record(experiment_id, sent)
    Market.objects.update(status="closed")
    again = record(experiment_id, sent, later=timedelta(days=3))
    assert again[0].content_hash == first.content_hash
    assert Prediction.objects.count() == 1


def test_a_repeated_reference_stands_among_new_ones_in_its_place(
    experiment_id: UUID, market: Market
) -> None:
    old = entry(market, reference="old")
    record(experiment_id, old)
    rows = record(experiment_id, entry(market, "0.1"), old, entry(market, "0.2"))
    assert [row.sequence for row in rows] == [2, 1, 3]


def test_another_content_under_a_reference_is_a_conflict(
    experiment_id: UUID, market: Market
) -> None:
    record(experiment_id, entry(market, reference="day-1"))
    changed = entry(market, "0.8", reference="day-1", outcome=1, cost=1)
    with pytest.raises(ConflictError) as caught:
        record(experiment_id, entry(market, "0.1"), changed)
    assert str(caught.value) == (
        "A prediction is never changed: 'day-1' is recorded with another outcome,"
        " probability, cost."
    )
    assert Prediction.objects.count() == 1


def test_what_the_market_asked_is_part_of_the_chain(
    experiment_id: UUID, market: Market
) -> None:
    sent = entry(market, "0.3", outcome=1, reference="r", provenance={"n": 1})
    record(experiment_id, sent)
    Market.objects.update(question="Will it be dry?", outcomes=["No", "Yes"])
    again = entry(market, "0.3", outcome=1, reference="r", provenance={"n": 1})
    (row,) = record(experiment_id, again)
    asked = {
        "venue": "polymarket",
        "external_id": "0xrain",
        "question": "Will there be rain?",
        "outcome": "No",
    }
    assert row.provenance == {"n": 1, "asked": asked}
    assert next(audit_chains(experiment_id)).broken is None


def test_references_are_an_experiment_s_own(
    experiment_id: UUID, market: Market
) -> None:
    other = create_experiment(
        workspace_id=None, name="other", kind=ExperimentKind.SUBMITTED, now=NOW
    )
    record(experiment_id, entry(market, reference="day-1"))
    (row,) = record(other.id, entry(market, "0.2", reference="day-1"))
    assert (row.experiment, row.sequence) == ("other", 1)


def test_time_never_goes_back_within_a_chain(
    experiment_id: UUID, market: Market
) -> None:
    (first,) = record(experiment_id, entry(market), later=timedelta(seconds=30))
    (second,) = record(experiment_id, entry(market))
    assert second.created_at == first.created_at == NOW + timedelta(seconds=30)
    Market.objects.update(quoted_at=NOW + timedelta(seconds=59))
    (third,) = record(experiment_id, entry(market))
    assert third.created_at == third.market_quoted_at == NOW + timedelta(seconds=59)
    assert next(audit_chains(experiment_id)).broken is None


def test_a_chain_that_ends_in_the_future_takes_nothing(
    experiment_id: UUID, market: Market
) -> None:
    record(experiment_id, entry(market), later=timedelta(minutes=2))
    with pytest.raises(ConflictError, match="12:32:00 UTC, which is yet to come"):
        record(experiment_id, entry(market))


@pytest.mark.parametrize("count", [0, 1001])
def test_none_or_too_many_are_refused(experiment_id: UUID, count: int) -> None:
    with pytest.raises(InvalidInputError, match=f"send 1 to 1000 of them, not {count}"):
        record(experiment_id, *[entry("x:y")] * count)


def test_an_experiment_that_is_not_there_is_refused(market: Market) -> None:
    with pytest.raises(NotFoundError, match="There is no experiment"):
        record(new_id(), entry(market))


def test_a_thousand_are_recorded_with_few_queries(
    experiment_id: UUID, django_assert_max_num_queries: Any
) -> None:
    markets = [make_market(f"m{n}") for n in range(40)]
    entries = [entry(markets[n % 40], reference=f"r{n}") for n in range(1000)]
    with django_assert_max_num_queries(14):
        rows = record(experiment_id, *entries)
    assert [row.reference for row in rows] == [f"r{n}" for n in range(1000)]
    assert next(audit_chains(experiment_id)).broken is None


def test_what_is_recorded_is_logged_once_it_is_committed(
    experiment_id: UUID,
    market: Market,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    caplog.set_level("INFO")
    with django_capture_on_commit_callbacks(execute=True):
        with transaction.atomic():
            record(experiment_id, entry(market))
            transaction.set_rollback(True)
        record(experiment_id, entry(market), entry(market))
        assert "predictions_recorded" not in caplog.text
    assert caplog.text.count("predictions_recorded") == 1
