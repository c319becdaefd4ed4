"""The statements that store snapshots and summaries from a table that was copied in.

`given` has one row for each look, `ended` one for each prediction whose market is
settled; NaN stands for null. Rows of summaries are locked in one order, so that two
writers wait for each other and never for ever.
"""

from __future__ import annotations

from apps.predictions.domain.movement import DIRECTIONS, WINDOWS
from apps.predictions.domain.words import Movement


def _null(name: str) -> str:
    """Return what turns a NaN of the given table into null."""
    return f"NULLIF(given.{name}, 'NaN')"


def _where(condition: str, new: str, otherwise: str) -> str:
    return f"CASE WHEN {condition} THEN {new} ELSE {otherwise} END"


_DIRECTION = "(%(directions)s::text[])[given.direction + 1]"
_RATE = _null("rate")

_SNAPSHOT = {
    "prediction_id": "given.prediction_id",
    "hour": "%(hour)s",
    "market_id": "given.market_id",
    "snapshot_at": "%(now)s",
    "observed_at": "to_timestamp(given.observed)",
    "market_price_yes": "given.first_price",
    # Prices have eight decimals, and so has what they leave to one.
    "market_price_no": "round((1 - given.first_price)::numeric, 8)::float8",
    "spread": _null("spread"),
    "flags": "given.flags",
    "source": "(%(sources)s::text[])[given.source + 1]",
    "market_closed": "given.closed",
    "market_resolved": "given.resolved",
    "predicted_probability": "given.probability",
    "predicted_confidence": _null("confidence"),
    "abs_delta": "given.abs_delta",
    "movement_direction": _DIRECTION,
    "convergence_rate": _RATE,
    "cumulative_convergence": "given.cumulative",
    "convergence_percentage": _null("percentage"),
    **{f"convergence_{name}": _null(f"within_{name}") for name in WINDOWS},
    "interim_skill": "given.skill",
    "hours_since_prediction": "given.hours",
    "created_at": "%(now)s",
}

_AVERAGE = (
    "(COALESCE(own.avg_convergence_rate, 0) * own.rated_snapshots + given.rate)"
    " / (own.rated_snapshots + 1)"
)
_FIRST_REACHED = _where("given.reached_now", "to_timestamp(given.observed)", "NULL")
_SUMMARY = {
    "latest_market_price": "given.price",
    "latest_delta": "given.abs_delta",
    "latest_flags": "given.flags",
    "market_closed": "given.closed",
    "market_resolved": "given.resolved",
    "total_snapshots": "own.total_snapshots + 1",
    "hours_tracked": "given.hours",
    **{
        f"{word.lower()}_snapshots": f"own.{word.lower()}_snapshots"
        f" + (given.direction = {DIRECTIONS.index(word)})::int"
        for word in (Movement.CONVERGING, Movement.DIVERGING, Movement.STABLE)
    },
    "flagged_snapshots": "own.flagged_snapshots + (NOT given.usable)::int",
    "rated_snapshots": f"own.rated_snapshots + ({_RATE} IS NOT NULL)::int",
    "avg_convergence_rate": _where(
        f"{_RATE} IS NULL", "own.avg_convergence_rate", _AVERAGE
    ),
    "max_convergence_rate": f"GREATEST(own.max_convergence_rate, {_RATE})",
    # What a flagged price would say stays as the last valid one said it.
    **{
        column: _where("given.usable", new, f"own.{column}")
        for column, new in (
            ("latest_direction", _DIRECTION),
            ("cumulative_convergence", "given.cumulative"),
            ("convergence_percentage", _null("percentage")),
            ("interim_skill", "given.skill"),
        )
    },
    **{
        column: _where("given.moves_valid", new, f"own.{column}")
        for column, new in (
            ("valid_price", "given.price"),
            ("valid_at", "to_timestamp(given.observed)"),
        )
    },
    "reached_at": f"COALESCE(own.reached_at, {_FIRST_REACHED})",
    "last_hour": "%(hour)s",
    "last_benchmarked_at": "%(now)s",
    "updated_at": "%(now)s",
}


def _assign(values: dict[str, str]) -> str:
    return ", ".join(f"{column} = {value}" for column, value in values.items())


STORE_SNAPSHOTS = f"""
WITH mine AS MATERIALIZED (
    SELECT own.prediction_id FROM predictions_summary AS own JOIN given
        ON given.prediction_id = own.prediction_id
    WHERE own.benchmark_status = 'ACTIVE'
        AND (own.last_hour IS NULL OR own.last_hour < %(hour)s)
    ORDER BY own.prediction_id FOR UPDATE OF own
), stored AS (
    INSERT INTO predictions_snapshot ({", ".join(_SNAPSHOT)})
    SELECT {", ".join(_SNAPSHOT.values())}
    FROM given JOIN mine ON mine.prediction_id = given.prediction_id
    ON CONFLICT DO NOTHING
), counted AS (
    UPDATE predictions_summary AS own SET {_assign(_SUMMARY)}
    FROM given JOIN mine ON mine.prediction_id = given.prediction_id
    WHERE own.prediction_id = given.prediction_id
    RETURNING given.nature
)
SELECT nature, count(*) FROM counted GROUP BY nature
"""  # noqa: S608 - names of this module

_ENDING = {
    **{
        name: f"NULLIF(ended.{name}, 'NaN')"
        for name in (
            "value",
            "closing_price",
            "brier",
            "log_score",
            "skill",
            "closing_skill",
        )
    },
    "is_void": "ended.is_void",
    "settled_at": "to_timestamp(NULLIF(ended.settled, 'NaN'))",
    "benchmark_status": "'COMPLETED'",
    "market_closed": "true",
    "market_resolved": "true",
    "updated_at": "%(now)s",
}

# Paused ones too: whoever pauses a prediction does not escape its settlement.
STORE_ENDINGS = f"""
WITH mine AS MATERIALIZED (
    SELECT own.prediction_id FROM predictions_summary AS own JOIN ended
        ON ended.prediction_id = own.prediction_id
    WHERE own.benchmark_status <> 'COMPLETED'
    ORDER BY own.prediction_id FOR UPDATE OF own
), settled AS (
    UPDATE predictions_summary AS own SET {_assign(_ENDING)}
    FROM ended JOIN mine ON mine.prediction_id = ended.prediction_id
    WHERE own.prediction_id = ended.prediction_id
    RETURNING ended.nature, ended.counts
)
SELECT nature, count(*) FILTER (WHERE counts) FROM settled GROUP BY nature
"""  # noqa: S608 - names of this module
