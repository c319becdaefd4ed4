"""Summaries computed afresh from every stored hour: what the increments must equal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from apps.markets.domain.markets import UNUSABLE

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

# The newest look, and the newest that no flag speaks against, are found by the key; all
# else is one pass over the hours. A summary of which hours were dropped, or that has
# counted more hours than are stored, is left as it is: they live on in it alone.
_REBUILD = """
WITH counted AS (
    SELECT prediction_id, count(*) AS total, max(hour) AS last_hour,
        max(hour) FILTER (WHERE flags & %(unusable)s = 0) AS valid_hour,
        count(*) FILTER (WHERE movement_direction = 'CONVERGING') AS converging,
        count(*) FILTER (WHERE movement_direction = 'DIVERGING') AS diverging,
        count(*) FILTER (WHERE movement_direction = 'STABLE') AS stable,
        count(*) FILTER (WHERE flags & %(unusable)s <> 0) AS flagged,
        count(convergence_rate) AS rated, avg(convergence_rate) AS mean_rate,
        max(convergence_rate) AS max_rate,
        min(observed_at) FILTER (WHERE movement_direction = 'REACHED') AS reached_at
    FROM predictions_snapshot
    WHERE %(experiment)s::uuid IS NULL OR prediction_id IN (
        SELECT prediction_id FROM predictions_summary
        WHERE experiment_id = %(experiment)s)
    GROUP BY prediction_id
), locked AS MATERIALIZED (
    SELECT own.prediction_id FROM predictions_summary AS own
    JOIN counted ON counted.prediction_id = own.prediction_id
    WHERE own.dropped_snapshots = 0 AND own.total_snapshots <= counted.total
    ORDER BY own.prediction_id FOR UPDATE OF own
)
UPDATE predictions_summary AS own SET
    latest_market_price = abs(own.outcome - last.market_price_yes),
    latest_delta = last.abs_delta, latest_flags = last.flags,
    latest_direction = coalesce(valid.movement_direction, ''),
    hours_tracked = last.hours_since_prediction,
    market_closed = own.market_closed OR last.market_closed,
    market_resolved = own.market_resolved OR last.market_resolved,
    total_snapshots = counted.total, converging_snapshots = counted.converging,
    diverging_snapshots = counted.diverging, stable_snapshots = counted.stable,
    flagged_snapshots = counted.flagged, rated_snapshots = counted.rated,
    avg_convergence_rate = counted.mean_rate, max_convergence_rate = counted.max_rate,
    cumulative_convergence = valid.cumulative_convergence,
    convergence_percentage = valid.convergence_percentage,
    interim_skill = CASE WHEN own.resumed_at IS NULL
        OR valid.snapshot_at > own.resumed_at THEN valid.interim_skill END,
    valid_at = valid.observed_at,
    valid_price = abs(own.outcome - valid.market_price_yes),
    reached_at = counted.reached_at, last_hour = counted.last_hour,
    updated_at = %(now)s
FROM locked
JOIN counted ON counted.prediction_id = locked.prediction_id
JOIN predictions_snapshot AS last
    ON last.prediction_id = counted.prediction_id AND last.hour = counted.last_hour
LEFT JOIN predictions_snapshot AS valid
    ON valid.prediction_id = counted.prediction_id AND valid.hour = counted.valid_hour
WHERE own.prediction_id = locked.prediction_id
"""


@transaction.atomic
def rebuild_summaries(*, now: datetime, experiment_id: UUID | None = None) -> int:
    """Compute summaries afresh from the stored snapshots; return how many.

    For snapshots that were written past the job, and to prove the job's increments.
    Settlements stay as they are, and so do summaries of which hours were dropped.
    """
    values: dict[str, Any] = {
        "now": now,
        "unusable": int(UNUSABLE),
        "experiment": experiment_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(_REBUILD, values)
        return int(cursor.rowcount)
