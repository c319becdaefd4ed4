"""The leaderboard of a suite: what stands on it, with its uncertainty.

It is computed from the rollups, which are written in the same transaction as the
results. Nothing here can be stale: what is kept between calls is kept under the
suite version's revision, which grows in every transaction that changes a rollup.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from heapq import nsmallest
from typing import TYPE_CHECKING

from apps.benchmarks.domain.periods import DEFAULT_PERIOD, first_day_of
from apps.benchmarks.models import ModelDay, SuiteVersion
from apps.benchmarks.selectors.standings import Standings, Usage, read_standings
from apps.benchmarks.selectors.suites import (
    SuiteVersionRow,
    get_visible_suites,
    to_suite_version_row,
)
from apps.catalog.selectors.models import name_models
from apps.core.errors import InvalidInputError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date, datetime
    from decimal import Decimal
    from uuid import UUID

    from apps.accounts.selectors.workspaces import Viewer
    from apps.catalog.selectors.models import ModelName
    from apps.core.domain.comparison import ModelStanding, PairComparison


@dataclass(frozen=True, slots=True)
class LeaderboardRow:
    """One model's line.

    `mean` with its 95 % interval is over `n` tasks, each task's repeats averaged;
    `samples` counts the scored answers behind them and `unscored` those that an
    infrastructure failure left without a score. Latencies are working times in ms,
    cost is US dollars; None is unknown, and `mean` and the ranks are None for a model
    of which nothing was scored.
    """

    model_id: UUID
    model: str  # provider/name
    display_name: str
    rank_low: int | None
    rank_high: int | None
    mean: float | None
    ci_low: float | None
    ci_high: float | None
    n: int
    samples: int
    unscored: int
    cost_per_task: Decimal | None
    latency_p50_ms: float | None
    latency_p95_ms: float | None
    input_tokens: int | None
    output_tokens: int | None
    last_run_id: UUID | None
    last_result_at: datetime
    least_detectable_difference: float | None


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """A suite's leaderboard over the UTC days from `since` until now.

    `pairs` name models as `provider/name`; where they are fewer than `pairs_compared`,
    they are the most telling ones: those told apart first, the widest apart among
    them first. `as_of` is when the newest result in it was made, None where there is
    none. `clustered` tells that intervals and tests take tasks of one family as one
    draw.
    """

    version: SuiteVersionRow
    period: str
    sort: str
    since: date
    as_of: datetime | None
    rows: tuple[LeaderboardRow, ...]
    pairs: tuple[PairComparison, ...]
    pairs_compared: int
    pairs_told_apart: int
    clustered: bool
    samples: int
    unscored: int
    least_detectable_difference: float | None
    revision: int


# Every pair of thirty models. 300 models have 44,850 pairs, which few readers want.
MOST_PAIRS = 435

_Key = tuple[int | float | str, ...]


def _known(value: float | Decimal | None) -> _Key | None:
    return None if value is None else (float(value),)


# The key by which a line is ordered, None where it is unknown.
_ORDER: dict[str, Callable[[LeaderboardRow], _Key | None]] = {
    "rank": lambda row: (
        None if row.rank_low is None else (row.rank_low, -(row.mean or 0.0))
    ),
    "score": lambda row: None if row.mean is None else (-row.mean,),
    "model": lambda row: (row.display_name.lower(),),
    "n": lambda row: (-row.n, -row.samples),
    "unscored": lambda row: (-row.unscored,),
    "cost": lambda row: _known(row.cost_per_task),
    "p50": lambda row: _known(row.latency_p50_ms),
    "p95": lambda row: _known(row.latency_p95_ms),
    "tokens": lambda row: _known(row.output_tokens),
    "last": lambda row: (-row.last_result_at.timestamp(),),
}
SORTS = tuple(_ORDER)


def get_leaderboard(
    viewer: Viewer,
    suite_slug: str,
    *,
    period: str = DEFAULT_PERIOD,
    sort: str = "rank",
    version: int | None = None,
    most_pairs: int | None = MOST_PAIRS,
    now: datetime,
) -> Leaderboard:
    """Return the leaderboard of a suite's newest version that has a result.

    Only public runs are counted. `sort` is one of `SORTS`, a leading "-" reverses it.
    At most `most_pairs` pairs are returned, None for all of them.

    Raises:
        InvalidInputError: no such period or sort.
        NotFoundError: no such suite or version is visible.
    """
    since = first_day_of(period, now)
    name = sort.removeprefix("-")
    if name not in _ORDER:
        raise InvalidInputError(
            f"There is no order {sort!r}; use one of {', '.join(SORTS)}."
        )
    chosen = _choose_version(viewer, suite_slug, version, since)
    standings = _standings(chosen.id, since, chosen.revision)
    names = name_models(usage.model_id for usage in standings.usage)
    rows = _sort(_to_rows(standings, names), _ORDER[name], reverse=sort.startswith("-"))
    pairs = _choose_pairs(chosen.id, since, chosen.revision, most_pairs)
    return Leaderboard(
        version=to_suite_version_row(chosen, standings.tasks),
        period=period,
        sort=sort,
        since=since,
        as_of=max((row.last_result_at for row in rows), default=None),
        rows=tuple(rows),
        pairs=_name_pairs(pairs.chosen, names),
        pairs_compared=pairs.compared,
        pairs_told_apart=pairs.told_apart,
        clustered=standings.clustered,
        samples=sum(row.samples for row in rows),
        unscored=sum(row.unscored for row in rows),
        least_detectable_difference=standings.least_detectable_difference,
        revision=chosen.revision,
    )


def get_board_version(
    viewer: Viewer,
    suite_slug: str,
    *,
    period: str = DEFAULT_PERIOD,
    version: int | None = None,
    now: datetime,
) -> SuiteVersionRow:
    """Return the suite version whose leaderboard the same arguments would give.

    Raises:
        InvalidInputError: no such period.
        NotFoundError: no such suite or version is visible.
    """
    since = first_day_of(period, now)
    chosen = _choose_version(viewer, suite_slug, version, since)
    return to_suite_version_row(chosen, chosen.tasks.count())


def get_board_revision(viewer: Viewer, suite_slug: str, *, now: datetime) -> int:
    """Return the revision of the leaderboard that stands by default.

    It costs no look at the rollups' figures: a page compares it with what it shows.

    Raises:
        NotFoundError: no such suite is visible.
    """
    since = first_day_of(DEFAULT_PERIOD, now)
    return _choose_version(viewer, suite_slug, None, since).revision


def _choose_version(
    viewer: Viewer, slug: str, number: int | None, since: date
) -> SuiteVersion:
    """Return the numbered version, else the newest with results, else the newest."""
    versions = list(
        SuiteVersion.objects.filter(
            suite__in=get_visible_suites(viewer), suite__slug=slug
        )
        .select_related("suite")
        .order_by("-number")
    )
    if number is not None:
        versions = [version for version in versions if version.number == number]
    if not versions:
        what = f"suite {slug!r}" if number is None else f"suite {slug!r} v{number}"
        raise NotFoundError(f"There is no {what}.")
    if len(versions) == 1:
        return versions[0]
    measured = set(
        ModelDay.objects.filter(suite_version__in=versions, day__gte=since)
        .values_list("suite_version_id", flat=True)
        .distinct()
    )
    return next((one for one in versions if one.id in measured), versions[0])


@lru_cache(maxsize=64)
def _standings(suite_version_id: UUID, since: date, revision: int) -> Standings:
    # The revision is read before the rollups: what is kept is never older than it.
    del revision
    return read_standings(suite_version_id, since)


@dataclass(frozen=True, slots=True)
class _Pairs:
    compared: int
    told_apart: int
    chosen: tuple[PairComparison, ...]


@lru_cache(maxsize=64)
def _choose_pairs(
    suite_version_id: UUID, since: date, revision: int, most: int | None
) -> _Pairs:
    """Keep the most telling pairs, where there are more than `most`."""
    pairs = _standings(suite_version_id, since, revision).pairs
    chosen = pairs
    if most is not None and len(pairs) > most:
        chosen = tuple(nsmallest(most, pairs, key=tells))
    return _Pairs(len(pairs), sum(pair.significant for pair in pairs), chosen)


def tells(pair: PairComparison) -> tuple[bool, float]:
    """Order pairs by what they tell: those told apart first, the widest apart first."""
    return (not pair.significant, -abs(pair.difference or 0))


def _sort(
    rows: list[LeaderboardRow],
    key: Callable[[LeaderboardRow], _Key | None],
    *,
    reverse: bool,
) -> list[LeaderboardRow]:
    """Sort what is unknown last, whatever the direction; equals go by their name."""
    by_name = sorted(rows, key=lambda row: row.model)
    keyed = [(key(row), row) for row in by_name]
    known = [(found, row) for found, row in keyed if found is not None]
    known.sort(key=lambda pair: pair[0], reverse=reverse)
    return [row for _, row in known] + [row for found, row in keyed if found is None]


def _to_rows(
    standings: Standings, names: Mapping[UUID, ModelName]
) -> list[LeaderboardRow]:
    return [
        _to_row(usage, names[usage.model_id], standings.models.get(str(usage.model_id)))
        for usage in standings.usage
        if usage.model_id in names
    ]


def _name_pairs(
    pairs: tuple[PairComparison, ...], names: Mapping[UUID, ModelName]
) -> tuple[PairComparison, ...]:
    called = {str(model_id): name.full_name for model_id, name in names.items()}
    return tuple(
        replace(pair, a=called[pair.a], b=called[pair.b])
        for pair in pairs
        if pair.a in called and pair.b in called
    )


def _to_row(
    usage: Usage, name: ModelName, standing: ModelStanding | None
) -> LeaderboardRow:
    return LeaderboardRow(
        model_id=usage.model_id,
        model=name.full_name,
        display_name=name.display_name,
        rank_low=standing.rank_low if standing else None,
        rank_high=standing.rank_high if standing else None,
        mean=standing.mean if standing else None,
        ci_low=standing.ci_low if standing else None,
        ci_high=standing.ci_high if standing else None,
        n=standing.n if standing else 0,
        samples=usage.scored,
        unscored=usage.unscored,
        cost_per_task=usage.cost_per_task,
        latency_p50_ms=usage.latency_p50_ms,
        latency_p95_ms=usage.latency_p95_ms,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        last_run_id=usage.last_run_id,
        last_result_at=usage.last_result_at,
        least_detectable_difference=(
            standing.least_detectable_difference if standing else None
        ),
    )
