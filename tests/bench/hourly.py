"""The hourly job: 100,000 predictions on 20,000 markets of a venue on loopback."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from apps.core.partitions import ensure_months, month_of
from apps.markets.domain.markets import Nature, VenueKind
from apps.markets.models import Market, Venue
from apps.predictions.domain.hours import HOUR, hour_of
from apps.predictions.domain.words import ExperimentKind
from apps.predictions.models import BenchmarkJob, Experiment, Snapshot, Summary
from tests.bench.database import execute
from tests.bench.table import Finding
from tests.fakes.venue_polymarket import FakePolymarket
from tests.fakes.venue_server import control

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

MARKETS, EACH = 20_000, 5
FEW_MARKETS = 200
TARGET_SECONDS, TARGET_MB = 60.0, 600.0
# A prediction may cost this much more among 100,000 than among 1,000.
FLAT = 1.25
# Quotes so many hours old are enough for every window of five hours to come.
PAST_HOURS = (1, 2, 3, 4, 5, 6, 22, 24, 168)
PAST_DAYS = timedelta(days=8)


@dataclass(frozen=True, slots=True)
class Taken:
    """What one job took, by its own account and by its process's."""

    seconds: float
    peak_mb: float
    job: dict[str, Any]

    @property
    def per_prediction_ms(self) -> float:
        """Return the milliseconds that one prediction cost."""
        return self.seconds * 1000 / int(self.job["successful"])


def measure() -> list[Finding]:
    """Run the job of one hour with few predictions, and of the next with all."""
    # The clock of the jobs: a quarter past, so that no hour ends while one is measured.
    began = hour_of(datetime.now(UTC)) + timedelta(minutes=15)
    with _venue_server() as address:
        venue_id = _store_venue(address, began)
        experiment_id = _store_experiment(began)
        _store_markets(venue_id, began, MARKETS)
        _store_predictions(experiment_id, began, first=1, last=FEW_MARKETS)
        few = [_take(began + hours * HOUR, address) for hours in range(3)]
        _store_predictions(experiment_id, began, first=FEW_MARKETS + 1, last=MARKETS)
        many = [_take(began + hours * HOUR, address) for hours in (3, 4)]
    _check(len(few), len(many))
    return _judge(few, many)


def _judge(few: list[Taken], many: list[Taken]) -> list[Finding]:
    worst = max(many, key=lambda taken: taken.seconds)
    peak = max(taken.peak_mb for taken in many)
    count = int(worst.job["successful"])
    what = f"hourly job, {count:,} predictions on {MARKETS:,} markets"
    phases = ", ".join(
        f"{name} {int(worst.job[f'{name}_ms']) / 1000:.1f} s"
        for name in ("fetching", "computing", "storing")
    )
    # What else the machine does only adds: the quickest hours are nearest to the cost.
    least, most = (min(one.per_prediction_ms for one in taken) for taken in (few, many))
    return [
        Finding(
            f"{what}, end to end",
            f"{worst.seconds:.1f} s",
            f"≤ {TARGET_SECONDS:.0f} s",
            met=worst.seconds <= TARGET_SECONDS,
        ),
        Finding("of that", phases, "beside it", met=None),
        Finding(
            f"{what}: peak memory of its process",
            f"{peak:.0f} MB",
            f"≤ {TARGET_MB:.0f} MB",
            met=peak <= TARGET_MB,
        ),
        Finding(
            f"a prediction among {count:,}, against one among "
            f"{int(few[0].job['successful']):,}",
            f"{most:.2f} ms against {least:.2f} ms",
            f"≤ {FLAT} x",
            met=most <= FLAT * least,
        ),
    ]


def _check(few: int, many: int) -> None:
    """See that every hour gave every prediction its snapshot, once."""
    expected = FEW_MARKETS * EACH * few + MARKETS * EACH * many
    jobs = BenchmarkJob.objects.values_list("failed", "skipped")
    if Snapshot.objects.count() != expected or set(jobs) != {(0, 0)}:
        raise RuntimeError("the jobs did not store what they should have")
    if Snapshot.objects.filter(convergence_7d=None).exists():
        raise RuntimeError("a window is missing")
    if Summary.objects.filter(total_snapshots__lt=many).exists():
        raise RuntimeError("a summary did not follow")


@contextmanager
def _venue_server() -> Iterator[str]:
    """Serve from a process of its own, so that it takes no time from what it meets."""
    command = [sys.executable, "-m", "tests.fakes.venue_server"]
    with subprocess.Popen(
        [*command, "--markets", str(MARKETS)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.communicate("")


def _take(moment: datetime, address: str) -> Taken:
    """Have prices move, and run the hour's job in a process of its own."""
    control(address, "move", seed=int(moment.timestamp()))
    execute("ANALYZE predictions_summary")
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.hourly_job", moment.isoformat()],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return Taken(**json.loads(done.stdout.splitlines()[-1]))


def _store_venue(address: str, now: datetime) -> UUID:
    services = {name: f"{address}/{name}" for name in ("gamma", "clob", "data")}
    venue, _ = Venue.objects.update_or_create(
        name="polymarket",
        defaults={
            "display_name": "Polymarket",
            "kind": VenueKind.POLYMARKET.value,
            "nature": Nature.LIVE.value,
            "addresses": services,
            "created_at": now,
        },
    )
    return venue.pk


def _store_experiment(now: datetime) -> UUID:
    made = Experiment.objects.create(
        name="bench",
        kind=ExperimentKind.SUBMITTED.value,
        created_at=now,
        published_at=now,
    )
    return made.pk


def _store_markets(venue_id: UUID, now: datetime, count: int) -> None:
    """Store what the venue has, with the quotes that windows open with."""
    described = FakePolymarket()
    described.add_many(count)
    Market.objects.bulk_create(
        (
            Market(
                venue_id=venue_id,
                external_id=one.condition_id,
                question=one.title,
                outcomes=["Yes", "No"],
                token_ids=list(one.tokens),
                event_id=str(one.number // 3),
                tick_size=Decimal("0.01"),
                bid=Decimal(one.bid or 0),
                ask=Decimal(one.ask or 1),
                mid=one.middle(),
                quoted_at=now,
                first_seen_at=now - 2 * PAST_DAYS,
                synced_at=now,
            )
            for one in described.markets.values()
        ),
        batch_size=2_000,
    )
    moments = [now - hours * HOUR for hours in PAST_HOURS]
    ensure_months("markets_quote", {month_of(moment.date()) for moment in moments})
    for moment in moments:
        execute(_QUOTES, {"at": moment})
    execute("ANALYZE")


_QUOTES = """
INSERT INTO markets_quote (market_id, observed_at, source, bid, ask, mid, spread,
    age_seconds, flags)
SELECT id, %(at)s::timestamptz - random() * interval '2 minutes', 'gamma',
    drawn.mid - 0.01, drawn.mid + 0.01, drawn.mid, 0.02, 0, 0
FROM markets_market
CROSS JOIN LATERAL (
    SELECT LEAST(0.98, GREATEST(0.02, round(mid + (random() - 0.5)::numeric / 10, 2)))
        AS mid
) AS drawn
"""

_PREDICTIONS = """
INSERT INTO predictions_prediction (id, experiment_id, sequence, market_id, outcome,
    probability, confidence, market_price, market_bid, market_ask, market_flags,
    market_quoted_at, reasoning, provenance, reference, created_at, previous_hash,
    content_hash)
SELECT gen_random_uuid(), %(experiment)s, (market.place - 1) * %(each)s + copy,
    market.id, copy %% 2, round(random()::numeric, 4), 60, 0.5, 0.49, 0.51, 0,
    %(at)s, repeat('because ', 40), '{}', '', %(at)s, repeat('0', 64), repeat('0', 64)
FROM (
    SELECT id, row_number() OVER (ORDER BY external_id) AS place FROM markets_market
) AS market
CROSS JOIN generate_series(1, %(each)s) AS copy
WHERE market.place BETWEEN %(first)s AND %(last)s
"""
_SUMMARIES = """
INSERT INTO predictions_summary (prediction_id, market_id, experiment_id, cluster,
    predicted_at, outcome, predicted_probability, predicted_confidence,
    initial_market_price, initial_delta, initial_bid, initial_ask, price_was_shown,
    latest_direction, latest_flags, market_closed, market_resolved, total_snapshots,
    hours_tracked, converging_snapshots, diverging_snapshots, stable_snapshots,
    flagged_snapshots, rated_snapshots, is_void, benchmark_status, created_at,
    updated_at)
SELECT made.id, made.market_id, made.experiment_id, 'polymarket:' || market.event_id,
    made.created_at, made.outcome, made.probability, made.confidence, made.market_price,
    abs(made.probability - made.market_price), 0.49, 0.51, false, '', 0, false, false,
    0, 0, 0, 0, 0, 0, 0, false, 'ACTIVE', made.created_at, made.created_at
FROM predictions_prediction AS made
JOIN markets_market AS market ON market.id = made.market_id
WHERE made.sequence BETWEEN (%(first)s - 1) * %(each)s + 1 AND %(last)s * %(each)s
"""


def _store_predictions(
    experiment_id: UUID, now: datetime, *, first: int, last: int
) -> None:
    """Store so many of each market, made before the longest window begins."""
    made_at = now - PAST_DAYS
    which: dict[str, int] = {"first": first, "last": last, "each": EACH}
    execute(_PREDICTIONS, {"experiment": experiment_id, "at": made_at, **which})
    execute(_SUMMARIES, which)
    execute("ANALYZE")
