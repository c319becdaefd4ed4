"""Scores over millions of hours: computed afresh, and read by boards and pages."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.urls import Resolver404, resolve

from apps.accounts.models import Tier
from apps.accounts.selectors.workspaces import ANONYMOUS
from apps.accounts.services.tiers import load_tiers
from apps.core.partitions import ensure_months, month_of
from apps.markets.domain.markets import Nature, VenueKind
from apps.markets.models import Venue
from apps.predictions.domain.words import ExperimentKind
from apps.predictions.models import Experiment, Prediction, Snapshot, Summary
from apps.predictions.selectors.leaderboard import get_leaderboard
from apps.predictions.selectors.predictions import get_prediction
from apps.predictions.selectors.snapshots import list_snapshots
from apps.predictions.services.rebuilding import rebuild_summaries
from apps.predictions.services.scores import recompute_scores
from tests.bench.database import execute
from tests.bench.server import web_server
from tests.bench.table import Finding, percentile

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    import httpx2

EXPERIMENTS, MARKETS, HOURS = 20, 3_000, 168
# Of 20 experiments: 300 markets each make a million hours, 3,000 make ten.
FEW_MARKETS = 300
REQUESTS, WARM_UP = 200, 5
TARGET_SECONDS, TARGET_MS = 20.0, 50.0


def measure() -> list[Finding]:
    """Store a million hours and score them; store ten million and read them."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    began = now - timedelta(hours=HOURS + 1)
    execute("TRUNCATE predictions_experiment CASCADE")  # what another benchmark left
    _store_experiments(began)
    _store(began, first=1, last=FEW_MARKETS)
    recomputed = _time_recomputing(now)
    sys.stderr.write("storing ten million snapshots …\n")
    _store(began, first=FEW_MARKETS + 1, last=MARKETS)
    rebuild_summaries(now=now)
    recompute_scores(now=now, everything=True)
    execute("VACUUM ANALYZE predictions_summary")
    execute("ANALYZE")
    execute("CHECKPOINT")  # what was stored at once is written before reads are timed
    sys.stderr.write("reading …\n")
    load_tiers()
    # All that is stored is read, as often as the bench asks.
    Tier.objects.update(history_days=None, calls_per_hour=None)
    return [*recomputed, *_time_reading()]


def _time_recomputing(now: datetime) -> list[Finding]:
    stored = Snapshot.objects.count()
    started = time.perf_counter()
    rebuilt = rebuild_summaries(now=now)
    from_hours = time.perf_counter() - started
    scored = recompute_scores(now=now, everything=True)
    seconds = time.perf_counter() - started
    if (rebuilt, scored) != (EXPERIMENTS * FEW_MARKETS, EXPERIMENTS):
        raise RuntimeError(f"{rebuilt} summaries and {scored} experiments were scored")
    return [
        Finding(
            f"scores of {stored:,} snapshots recomputed, {EXPERIMENTS} experiments",
            f"{seconds:.1f} s, of which {seconds - from_hours:.1f} s from summaries",
            f"≤ {TARGET_SECONDS:.0f} s",
            met=seconds <= TARGET_SECONDS,
        )
    ]


def _time_reading() -> list[Finding]:
    stored = f"{Snapshot.objects.count():,} snapshots"
    ids = list(Prediction.objects.order_by("?").values_list("pk", flat=True)[:REQUESTS])
    findings = [
        _time(f"leaderboard, {stored}, selector", _read_board, ids),
        _time(f"a prediction with 168 hours, {stored}, selector", _read_hours, ids),
    ]
    paths = [
        ("leaderboard, page", "/predictions/"),
        ("leaderboard, API", "/api/v1/predictions/leaderboard"),
        ("a prediction, page", "/predictions/{}/"),
        ("a prediction, API", "/api/v1/predictions/{}"),
        ("its hours, API", "/api/v1/benchmarks/predictions/{}/snapshots?limit=168"),
    ]
    with web_server() as client:
        for name, path in paths:
            if _is_served(path.format(ids[0])):
                get = _getter(client, path)
                findings.append(_time(f"{name}, {stored}, at the server", get, ids))
    return findings


def _read_board(_prediction_id: UUID) -> None:
    rows = get_leaderboard(ANONYMOUS).rows
    if len(rows) != EXPERIMENTS or rows[0].rank_low != 1:
        raise RuntimeError("the board is not what it should be")


def _read_hours(prediction_id: UUID) -> None:
    row = get_prediction(ANONYMOUS, prediction_id)
    if len(list_snapshots(row.id)) != HOURS:
        raise RuntimeError("the prediction has not its hours")


def _getter(client: httpx2.Client, path: str) -> Callable[[UUID], None]:
    def get(prediction_id: UUID) -> None:
        response = client.get(path.format(prediction_id))
        if response.status_code != HTTPStatus.OK:
            raise RuntimeError(f"{path} answered {response.status_code}")

    return get


def _is_served(path: str) -> bool:
    try:
        resolve(path.partition("?")[0])
    except Resolver404:
        return False
    return True


def _time(name: str, read: Callable[[UUID], None], ids: list[UUID]) -> Finding:
    """Time one read for each of the predictions, each one another."""
    times = []
    for number, prediction_id in enumerate([*ids[:WARM_UP], *ids]):
        started = time.perf_counter()
        read(prediction_id)
        if number >= WARM_UP:
            times.append((time.perf_counter() - started) * 1000)
    p95 = percentile(times, 0.95)
    return Finding(
        name,
        f"p50 {percentile(times, 0.5):.1f} ms, p95 {p95:.1f} ms",
        f"p95 ≤ {TARGET_MS:.0f} ms",
        met=p95 <= TARGET_MS,
    )


def _store_experiments(began: datetime) -> None:
    venue = Venue.objects.create(
        name="scored",
        display_name="Scored",
        kind=VenueKind.POLYMARKET.value,
        nature=Nature.LIVE.value,
        is_active=False,
    )
    Experiment.objects.bulk_create(
        Experiment(
            name=f"scored-{number}",
            kind=ExperimentKind.SUBMITTED.value,
            created_at=began,
            published_at=began,
            predictions_made=MARKETS,
        )
        for number in range(1, EXPERIMENTS + 1)
    )
    months = {month_of((began + timedelta(hours=h)).date()) for h in (0, HOURS + 1)}
    ensure_months("predictions_snapshot", months)
    with connection.cursor() as cursor:
        cursor.execute(_MARKETS, {"venue": venue.pk, "count": MARKETS, "at": began})


def _store(began: datetime, *, first: int, last: int) -> None:
    """Store the predictions of some markets with all their hours, and settle half."""
    values: dict[str, Any] = {
        "at": began,
        "first": first,
        "last": last,
    }
    with connection.cursor() as cursor:
        # Looking up each of ten million references takes longer than all that follows.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(_PREDICTIONS, values)
        cursor.execute(_SUMMARIES, values)
        # Hour by hour, as jobs do: a prediction's hours then lie as far apart.
        for passed in range(1, HOURS + 1):
            cursor.execute(_SNAPSHOTS, {**values, "passed": passed})
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("ANALYZE")
    if Summary.objects.count() != EXPERIMENTS * last:
        raise RuntimeError("the predictions are not as many as they should be")


# Two markets make an event; half of the markets have come to an end.
_MARKETS = """
INSERT INTO markets_market (id, venue_id, external_id, slug, question, description, url,
    outcomes, token_ids, event_id, event_title, group_id, status, first_seen_at,
    synced_at, flags)
SELECT gen_random_uuid(), %(venue)s, 'scored-' || n, '', 'Market ' || n || '?', '', '',
    '{Yes,No}', '{}', 'event-' || n / 2, '', '',
    CASE WHEN n %% 2 = 0 THEN 'resolved' ELSE 'open' END, %(at)s, %(at)s, 0
FROM generate_series(1, %(count)s) AS n
"""
_CHOSEN = """
FROM markets_market AS market
CROSS JOIN LATERAL (SELECT substr(market.external_id, 8)::int AS n) AS place
WHERE market.external_id LIKE 'scored-%%' AND n BETWEEN %(first)s AND %(last)s
"""
_PREDICTIONS = f"""
INSERT INTO predictions_prediction (id, experiment_id, sequence, market_id, outcome,
    probability, confidence, market_price, market_bid, market_ask, market_flags,
    market_quoted_at, reasoning, provenance, reference, created_at, previous_hash,
    content_hash)
SELECT gen_random_uuid(), experiment.id, chosen.n, chosen.id, 0,
    round(least(0.99, greatest(0.01,
        0.5 + (random() - 0.5) * substr(experiment.name, 8)::int / 20))::numeric, 4),
    round((100 * random())::numeric, 1), 0.5, 0.49, 0.51, 0, %(at)s, 'because', '{{}}',
    '', %(at)s, repeat('0', 64), repeat('0', 64)
FROM (SELECT market.id, n {_CHOSEN}) AS chosen
CROSS JOIN predictions_experiment AS experiment
WHERE experiment.name LIKE 'scored-%%'
"""  # noqa: S608 - names of this module
_SUMMARIES = """
INSERT INTO predictions_summary (prediction_id, market_id, experiment_id, cluster,
    predicted_at, outcome, predicted_probability, predicted_confidence,
    initial_market_price, initial_delta, initial_bid, initial_ask, price_was_shown,
    latest_direction, latest_flags, market_closed, market_resolved, total_snapshots,
    hours_tracked, converging_snapshots, diverging_snapshots, stable_snapshots,
    flagged_snapshots, rated_snapshots, is_void, value, brier, log_score, skill,
    benchmark_status, created_at, updated_at)
SELECT made.id, made.market_id, made.experiment_id, 'scored:' || market.event_id,
    made.created_at, 0, made.probability, made.confidence, 0.5,
    abs(made.probability - 0.5), 0.49, 0.51, false, '', 0, ended, ended, 0, 0, 0, 0, 0,
    0, 0, false, y, (made.probability - y) ^ 2,
    -ln(1 - abs(made.probability - y)), 0.25 - (made.probability - y) ^ 2,
    CASE WHEN ended THEN 'COMPLETED' ELSE 'ACTIVE' END, made.created_at, made.created_at
FROM predictions_prediction AS made
JOIN markets_market AS market ON market.id = made.market_id
CROSS JOIN LATERAL (SELECT market.status = 'resolved' AS ended) AS state
CROSS JOIN LATERAL (
    SELECT CASE WHEN ended THEN hashtext(market.external_id) & 1 END AS y
) AS result
LEFT JOIN predictions_summary AS there ON there.prediction_id = made.id
WHERE market.external_id LIKE 'scored-%%' AND there.prediction_id IS NULL
"""
_SNAPSHOTS = f"""
INSERT INTO predictions_snapshot (prediction_id, hour, market_id, snapshot_at,
    observed_at, market_price_yes, market_price_no, spread, flags, source,
    market_closed, market_resolved, predicted_probability, predicted_confidence,
    abs_delta, movement_direction, convergence_rate, cumulative_convergence,
    convergence_percentage, interim_skill, hours_since_prediction, created_at)
SELECT made.id, hour, made.market_id, hour, hour, price, 1 - price, 0.02,
    CASE WHEN random() < 0.05 THEN 2 ELSE 0 END, 'gamma', false, false, q, 50,
    abs(q - price),
    (ARRAY['STABLE', 'CONVERGING', 'DIVERGING', 'REACHED'])[1 + floor(4 * random())],
    random() - 0.5, abs(q - 0.5) - abs(q - price), 10,
    (0.5 - price) ^ 2 - (q - price) ^ 2, %(passed)s, hour
FROM predictions_prediction AS made
JOIN (SELECT market.id {_CHOSEN}) AS chosen ON chosen.id = made.market_id
CROSS JOIN LATERAL (SELECT made.probability::float8 AS q, random() AS price,
    date_trunc('hour', made.created_at) + %(passed)s * interval '1 hour' AS hour
) AS drawn
ORDER BY made.id
"""  # noqa: S608 - names of this module
