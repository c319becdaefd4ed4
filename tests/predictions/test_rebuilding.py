from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command

from apps.core.partitions import ensure_months, month_of
from apps.markets.domain.markets import QuoteFlag
from apps.predictions.models import ExperimentScore, Snapshot, Summary
from apps.predictions.pipelines.hourly import run_hour
from apps.predictions.services.rebuilding import rebuild_summaries
from tests.markets.make import NOW, make_market
from tests.predictions.make import make_experiment, make_prediction
from tests.predictions.prices import Clock, Prices
from tests.predictions.scored import settle

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=3)
# What no snapshot tells: it stays as it was.
KEPT = {"updated_at", "last_benchmarked_at"}


def run_hours(hours: int) -> None:
    """Let prices walk, with a flag now and then, and look every hour."""
    rng = np.random.default_rng(18)
    experiment = make_experiment()
    markets = [make_market(f"m{i}", "0.60") for i in range(6)]
    shares = ("0.66", "0.33", "0.52", "0.45", "0.90", "0.41")
    for place, (market, share) in enumerate(zip(markets, shares, strict=True)):
        chosen: dict[str, Any] = {"outcome": place % 2}
        if place % 2:
            chosen |= {"market_price": "0.40"}
        make_prediction(experiment, market, share, **chosen)
    clock, prices = Clock(NOW), Prices()
    for _ in range(hours):
        clock.now += timedelta(hours=1)
        for market in markets:
            flag = QuoteFlag.WIDE if rng.uniform() < 0.2 else QuoteFlag(0)
            price = f"{rng.choice([0.5, 0.56, 0.6, 0.62, 0.7, 0.8]):.2f}"
            prices.tell(market, price, flags=int(flag))
        run_hour(clock=clock, refresh=prices)


def summaries() -> list[dict[str, Any]]:
    return [
        {
            name: round(value, 12) if isinstance(value, float) else value
            for name, value in row.items()
            if name not in KEPT
        }
        for row in Summary.objects.order_by("pk").values()
    ]


def test_summaries_from_every_hour_are_what_the_job_added_up() -> None:
    run_hours(15)
    added = summaries()
    assert sum(row["reached_at"] is not None for row in added) > 1
    assert sum(row["flagged_snapshots"] for row in added) > 5
    Summary.objects.update(total_snapshots=0, interim_skill=9, reached_at=None)
    assert rebuild_summaries(now=LATER) == 6
    assert summaries() == added


def test_a_summary_that_counts_dropped_months_is_left_as_it_is() -> None:
    run_hours(3)
    added = summaries()
    last = Snapshot.objects.order_by("hour").last()
    assert last is not None
    Snapshot.objects.filter(hour__lt=last.hour).delete()
    assert rebuild_summaries(now=LATER) == 0
    assert summaries() == added


def test_only_the_experiment_that_is_named_is_rebuilt() -> None:
    run_hours(2)
    other = make_experiment("other")
    assert rebuild_summaries(now=LATER, experiment_id=other.pk) == 0
    first = Summary.objects.values_list("experiment_id", flat=True).first()
    assert rebuild_summaries(now=LATER, experiment_id=first) == 6


def test_rescore_computes_everything_afresh() -> None:
    ensure_months("predictions_snapshot", [month_of(NOW.date())])
    settle(make_prediction(make_experiment("first"), make_market(), "0.9"), 1.0)
    make_prediction(make_experiment("second"), make_market("snow"))
    make_experiment("empty")
    stdout = StringIO()
    command = ("predictions", "rescore", "--from-snapshots", "--json")
    for summaries_rebuilt in (0, 0):
        stdout.seek(0)
        call_command(*command, stdout=stdout)
        document = json.loads(stdout.getvalue())
        assert document == {"experiments": 2, "summaries": summaries_rebuilt}
    scores = dict(ExperimentScore.objects.values_list("experiment__name", "skill"))
    assert scores == {"first": pytest.approx(0.15), "second": None}
