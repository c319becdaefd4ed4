from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta
from io import StringIO
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from django.core.management import call_command
from django.db import IntegrityError

from apps.markets.domain.markets import Nature, VenueKind
from apps.predictions.domain.hours import Counts, Tally, count_natures
from apps.predictions.management.hours import describe_job, write_lines
from apps.predictions.models import BenchmarkJob
from apps.predictions.pipelines.hourly import HourOptions, run_hour
from apps.predictions.selectors.health import check_hours
from apps.predictions.selectors.jobs import JobRow, get_last_job
from apps.predictions.selectors.metrics import (
    JOB_PREDICTIONS,
    MARKETS_TRACKED,
    MOVEMENTS,
    PREDICTIONS,
    read_predictions,
)
from apps.predictions.services.live import describe_hour
from tests.markets.make import NOW, make_market, make_venue
from tests.predictions.make import make_experiment, make_prediction
from tests.predictions.prices import Clock, Prices, settle

if TYPE_CHECKING:
    from django.test import Client

    from apps.markets.models import Market

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
NOTHING = {
    "total_processed": 0,
    "successful": 0,
    "failed": 0,
    "skipped": 0,
    "markets_tracked": 0,
    "movements": {},
}


@pytest.fixture
def markets() -> dict[str, Market]:
    """A live market with two predictions; a taped one and a simulated with one."""
    venues = {
        nature: make_venue(nature, kind=VenueKind.TAPE.value, nature=nature)
        for nature in ("recorded", "simulated")
    }
    made = {
        name: make_market(name, "0.60", venue=venue) for name, venue in venues.items()
    }
    made["live"] = make_market("live", "0.60")
    experiment = make_experiment()
    for name in ("live", "live", "recorded", "simulated"):
        make_prediction(experiment, made[name], "0.75")
    return made


def tell(markets: dict[str, Market], **prices: str) -> Prices:
    told = Prices()
    for name, market in markets.items():
        if name in prices:
            told.tell(market, prices[name])
        else:
            told.broken[market.pk] = "HTTP 503"
    return told


def run(prices: Prices, **options: Any) -> JobRow:
    job = run_hour(clock=Clock(LATER), refresh=prices, **options)
    assert job is not None
    return job


def counts(job: JobRow) -> dict[str, dict[str, Any]]:
    assert job.natures is not None
    return {nature.value: asdict(one) for nature, one in job.natures.items()}


def test_what_is_live_recorded_and_simulated_is_counted_apart(
    markets: dict[str, Market],
) -> None:
    job = run(tell(markets, live="0.63", simulated="0.50"))
    assert counts(job) == {
        "live": {
            **NOTHING,
            "total_processed": 2,
            "successful": 2,
            "markets_tracked": 1,
            "movements": {"CONVERGING": 2},
        },
        "recorded": {**NOTHING, "total_processed": 1, "failed": 1},
        "simulated": {
            **NOTHING,
            "total_processed": 1,
            "successful": 1,
            "markets_tracked": 1,
            "movements": {"DIVERGING": 1},
        },
    }
    totals = (job.total_processed, job.successful, job.failed, job.markets_tracked)
    assert totals == (4, 3, 1, 2)
    assert dict(job.movements) == {"CONVERGING": 2, "DIVERGING": 1}


def test_pages_of_one_prediction_count_the_same(markets: dict[str, Market]) -> None:
    prices = tell(markets, live="0.63", recorded="0.60", simulated="0.50")
    job = run(prices, options=HourOptions(size=1))
    looked = {name: one["successful"] for name, one in counts(job).items()}
    asked = {name: one["markets_tracked"] for name, one in counts(job).items()}
    assert looked == {"live": 2, "recorded": 1, "simulated": 1}
    assert asked == {"live": 1, "recorded": 1, "simulated": 1}


def test_an_hour_that_is_taken_up_again_keeps_what_was_done_of_each(
    markets: dict[str, Market],
) -> None:
    run(tell(markets, live="0.63", simulated="0.50"))
    job = run(tell(markets, live="0.63", recorded="0.60", simulated="0.50"))
    found = counts(job)
    assert {name: one["successful"] for name, one in found.items()} == {
        "live": 2,
        "recorded": 1,
        "simulated": 1,
    }
    assert {name: one["markets_tracked"] for name, one in found.items()} == {
        "live": 1,
        "recorded": 1,
        "simulated": 1,
    }
    assert (job.successful, job.failed, job.markets_tracked) == (4, 0, 3)


def test_what_ends_with_its_market_counts_for_its_nature(
    markets: dict[str, Market],
) -> None:
    settle(markets["simulated"], 1, LATER)
    prices = tell(markets, live="0.63", recorded="0.60", simulated="0.60")
    job = run(prices)
    assert counts(job)["simulated"]["successful"] == 1
    assert job.successful == 4


def test_the_database_keeps_the_sum_of_all_natures(markets: dict[str, Market]) -> None:
    run(tell(markets, live="0.63"))
    natures: Any = BenchmarkJob.objects.get().natures
    natures["simulated"]["failed"] += 1
    with pytest.raises(IntegrityError, match="benchmark_job_natures_add_up"):
        BenchmarkJob.objects.update(natures=natures)


def test_a_job_from_before_says_that_it_does_not_tell_them_apart(
    client: Client, markets: dict[str, Market]
) -> None:
    run(tell(markets, live="0.63", simulated="0.50"))
    BenchmarkJob.objects.update(natures=None)
    job = get_last_job()
    assert job is not None
    assert job.natures is None
    assert job.words.endswith("(live, recorded and simulated not told apart)")
    assert describe_hour(job)["natures"] is None
    lines = list(write_lines(describe_job(job)))
    assert lines[1] == "  live, recorded and simulated not told apart"
    html = client.get("/predictions/live/").content.decode()
    assert "live, recorded and simulated together" in html
    read = {(one.metric, one.labels): one.value for one in read_predictions(LATER)}
    assert read[JOB_PREDICTIONS, ("successful", "unknown")] == 3


def test_a_job_of_an_old_release_is_taken_up_without_a_split(
    markets: dict[str, Market],
) -> None:
    run(tell(markets, live="0.63"))
    BenchmarkJob.objects.update(natures=None)
    job = run(tell(markets, live="0.63", recorded="0.60", simulated="0.60"))
    assert (job.successful, job.failed, job.natures) == (4, 0, None)


def test_every_line_about_an_hour_says_what_is_not_live(
    markets: dict[str, Market],
) -> None:
    job = run(tell(markets, live="0.63", simulated="0.50"))
    natures = "2 live, 1 recorded, 1 simulated"
    assert job.words.endswith(f"1 failed, 0 skipped ({natures})")
    assert check_hours(LATER).detail.endswith(f"1 failed ({natures})")
    frame = json.loads(json.dumps(describe_hour(job)["natures"]))
    assert frame["simulated"]["movements"] == {"DIVERGING": 1}
    lines = list(write_lines(describe_job(job)))
    assert lines[3].startswith("  simulated: 1 on 1 markets: 1 successful, 0 failed")


def test_an_hour_of_live_markets_alone_needs_no_words() -> None:
    market = make_market("live", "0.60")
    make_prediction(make_experiment(), market)
    job = run(tell({"live": market}, live="0.63"))
    assert job.nature_words == ""
    assert len(list(write_lines(describe_job(job)))) == 2


def test_the_status_says_what_is_not_live(markets: dict[str, Market]) -> None:
    said, text = StringIO(), StringIO()
    run(tell(markets, live="0.63", recorded="0.60", simulated="0.50"))
    for words, out in ((["--json"], said), ([], text)):
        with suppress(SystemExit):  # the hours since then are missing
            call_command("predictions", "status", *words, stdout=out)
    document = json.loads(said.getvalue())
    assert document["predictions"] == {"active": 4, "paused": 0, "completed": 0}
    assert document["natures"]["simulated"]["active"] == 1
    assert document["last_job"]["natures"]["live"]["successful"] == 2
    assert "  of them simulated: 1 active, 0 paused" in text.getvalue()


def test_prometheus_is_told_of_each_nature(markets: dict[str, Market]) -> None:
    run(tell(markets, live="0.63", simulated="0.50"))
    read = {(one.metric, one.labels): one.value for one in read_predictions(LATER)}
    assert read[PREDICTIONS, ("active", "live")] == 2
    assert read[MARKETS_TRACKED, ("simulated",)] == 1
    assert read[JOB_PREDICTIONS, ("failed", "recorded")] == 1
    assert read[MOVEMENTS, ("diverging", "simulated")] == 1
    assert read[MOVEMENTS, ("diverging", "live")] == 0


def test_tallies_add_up_by_nature() -> None:
    first = Tally(count_natures(failed=np.array([0, 2, 2])))
    second = Tally({Nature.SIMULATED: Counts(successful=5, markets=1)})
    both = first + second + Tally()
    assert both.of(Nature.SIMULATED) == Counts(successful=5, failed=2, markets=1)
    assert both.total == Counts(successful=5, failed=3, markets=1)
