from __future__ import annotations

import pytest

from apps.predictions.models import Summary
from apps.predictions.selectors.watched import list_watched_markets
from tests.markets.make import make_market
from tests.predictions.make import make_experiment, make_prediction

pytestmark = pytest.mark.django_db


def test_markets_are_watched_until_their_predictions_are_over() -> None:
    experiment = make_experiment()
    active, paused, over = (make_market(name) for name in ("a", "b", "c"))
    for market, state in ((active, "ACTIVE"), (paused, "PAUSED"), (over, "COMPLETED")):
        made = make_prediction(experiment, market)
        Summary.objects.filter(pk=made.pk).update(benchmark_status=state)
    assert list_watched_markets() == {active.pk, paused.pk}
