"""Mean skill of experiments by market: what they are compared on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence
    from uuid import UUID

    from apps.markets.domain.markets import Nature

# What is paused keeps no good moment: it counts again when it is looked at, or settled.
# The event is the market's and no prediction's, so that two experiments differ by the
# same, whoever they are read with.
_SKILLS = """
SELECT shown.experiment_id, market.id, venue.name || ':'
    || coalesce(nullif(market.group_id, ''), nullif(market.event_id, ''),
        market.external_id),
    shown.skill
FROM (
    SELECT experiment_id, market_id, avg(coalesce(skill,
        CASE WHEN NOT %(settled_only)s AND benchmark_status <> 'PAUSED'
        THEN interim_skill END)) AS skill
    FROM predictions_summary
    WHERE experiment_id = ANY(%(experiments)s) AND NOT is_void
    GROUP BY experiment_id, market_id
) AS shown
JOIN markets_market AS market ON market.id = shown.market_id
JOIN markets_venue AS venue ON venue.id = market.venue_id
WHERE venue.nature = %(nature)s AND shown.skill IS NOT NULL
"""


def read_market_skills(
    experiment_ids: Sequence[UUID], nature: Nature, *, settled_only: bool = False
) -> tuple[list[dict[Hashable, float]], dict[Hashable, str]]:
    """Return each experiment's mean skill by market, and the event of each market.

    A prediction has its settled skill, and until then its interim one unless
    it is paused or `settled_only`. Several predictions of a market are averaged.
    """
    values = {
        "experiments": list(experiment_ids),
        "nature": nature.value,
        "settled_only": settled_only,
    }
    skills: dict[UUID, dict[Hashable, float]] = {one: {} for one in experiment_ids}
    events: dict[Hashable, str] = {}
    with connection.cursor() as cursor:
        cursor.execute(_SKILLS, values)
        for experiment_id, market_id, event, skill in cursor.fetchall():
            skills[experiment_id][market_id] = skill
            events[market_id] = event
    return [skills[one] for one in experiment_ids], events
