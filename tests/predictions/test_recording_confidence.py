"""Which confidences are taken, and which were plainly meant as shares."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from apps.predictions.services.checking import check_entries
from tests.markets.make import NOW, make_market
from tests.predictions.make import make_experiment
from tests.predictions.test_recording import entry, faults_of, record

if TYPE_CHECKING:
    from apps.markets.models import Market

pytestmark = pytest.mark.django_db


@pytest.fixture
def market() -> Market:
    return make_market()


@pytest.mark.parametrize(
    ("sent", "write"), [("0.8", "80"), ("0.005", "0.5"), (0.333, "33.3")]
)
def test_a_confidence_that_was_meant_as_a_share_is_refused(
    market: Market, sent: str | float, write: str
) -> None:
    number = Decimal(sent) if isinstance(sent, str) else sent
    what = f"{sent} is a share, and confidence is of a hundred: write {write}"
    found = faults_of(make_experiment().pk, entry(market, confidence=number))
    assert found == [(0, "confidence", what)]


@pytest.mark.parametrize("confidence", ["0", "1", "1.5", "100"])
def test_a_confidence_of_none_of_one_and_of_all_is_taken(
    market: Market, confidence: str
) -> None:
    (row,) = record(make_experiment().pk, entry(market, confidence=Decimal(confidence)))
    assert row.confidence == Decimal(confidence)


def test_what_is_computed_from_several_may_lie_between_none_and_one(
    market: Market,
) -> None:
    computed = entry(market, confidence=0.5, provenance={"samples": [0, 1]})
    (row,) = record(make_experiment().pk, computed)
    assert row.confidence == Decimal("0.5")


def test_what_is_recorded_already_may_have_a_confidence_that_was_taken_then(
    market: Market,
) -> None:
    sent = [entry(market, confidence=0.5, reference="a")]
    (checked,) = check_entries(sent, recorded={"a"}, now=NOW)
    assert checked.confidence == Decimal("0.5")
