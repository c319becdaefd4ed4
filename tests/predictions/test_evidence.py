from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from apps.accounts.selectors.workspaces import ANONYMOUS
from apps.markets.domain.markets import QuoteFlag
from apps.predictions.models import Attempt
from apps.predictions.selectors.evidence import find_neighbours, list_attempts
from apps.predictions.selectors.predictions import get_prediction
from apps.predictions.selectors.snapshots import list_snapshots
from tests.markets.make import NOW, make_market
from tests.predictions.hours import make_hours, make_snapshot
from tests.predictions.make import make_experiment, make_prediction

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
FIRST = NOW.replace(minute=0) + HOUR


def test_hours_come_newest_first_and_only_as_many_as_are_wanted() -> None:
    prediction = make_prediction(make_experiment(), make_market())
    make_hours(prediction, FIRST, [0.61, 0.62, 0.63, 0.64])
    rows = list_snapshots(prediction.pk, limit=2)
    assert [row.market_price_yes for row in rows] == [0.64, 0.63]
    rest = list_snapshots(prediction.pk, before=rows[-1].hour, since=FIRST + HOUR)
    assert [row.hour for row in rest] == [FIRST + HOUR]


def test_an_hour_knows_the_price_of_either_outcome_and_whether_it_counts() -> None:
    prediction = make_prediction(make_experiment(), make_market(), outcome=1)
    make_snapshot(prediction, FIRST, 0.25, flags=int(QuoteFlag.WIDE))
    make_snapshot(prediction, FIRST + HOUR, 0.25, flags=int(QuoteFlag.CACHED))
    newest, oldest = list_snapshots(prediction.pk)
    assert (newest.price_of(0), newest.price_of(1)) == (0.25, 0.75)
    assert (newest.is_usable, oldest.is_usable) == (True, False)
    assert oldest.flags.words == ("wide",)


def test_attempts_come_in_the_order_of_their_samples() -> None:
    experiment, market = make_experiment(), make_market()
    prediction = make_prediction(experiment, market)
    for sample, attempt, outcome in ((2, 1, "ok"), (1, 2, "ok"), (1, 1, "refused")):
        Attempt.objects.create(
            experiment=experiment,
            market=market,
            prediction=prediction,
            sample=sample,
            attempt=attempt,
            outcome=outcome,
            prompt="What will be?",
            cost=Decimal("0.001"),
        )
    found = [(one.sample, one.attempt) for one in list_attempts(prediction.pk)]
    assert found == [(1, 1), (1, 2), (2, 1)]


def test_a_prediction_knows_its_neighbours_in_the_chain() -> None:
    experiment, market = make_experiment(), make_market()
    first, second, third = (make_prediction(experiment, market) for _ in range(3))
    make_prediction(make_experiment("another"), market)
    found = find_neighbours(get_prediction(ANONYMOUS, second.pk))
    assert (found.before, found.after) == (first.pk, third.pk)
    assert find_neighbours(get_prediction(ANONYMOUS, first.pk)).before is None
