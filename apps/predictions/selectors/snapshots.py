"""The hours of one prediction as frozen rows."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from apps.markets.domain.markets import UNUSABLE, Nature, QuoteFlag
from apps.predictions.models import Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

MAX_SNAPSHOTS = 5_000


@dataclass(frozen=True, slots=True)
class SnapshotRow:
    """A prediction against its market in one hour.

    `market_price_yes` and `market_price_no` are the first and second outcome's, all
    else is seen from the predicted outcome.
    """

    hour: datetime
    snapshot_at: datetime
    observed_at: datetime
    market_price_yes: float
    market_price_no: float
    spread: float | None
    flags: QuoteFlag
    source: str
    market_closed: bool
    market_resolved: bool
    predicted_probability: float
    predicted_confidence: float | None
    abs_delta: float
    movement_direction: str
    convergence_rate: float | None
    cumulative_convergence: float
    convergence_percentage: float | None
    convergence_1h: float | None
    convergence_6h: float | None
    convergence_24h: float | None
    convergence_7d: float | None
    interim_skill: float
    hours_since_prediction: float
    nature: Nature

    @property
    def is_usable(self) -> bool:
        """Whether no flag speaks against the price."""
        return not self.flags & UNUSABLE

    @property
    def flag_words(self) -> str:
        """Return the flags by name, with blanks between."""
        return " ".join(self.flags.words)

    def price_of(self, outcome: int) -> float:
        """Return the price of the first outcome (0) or of the second one (1)."""
        return self.market_price_no if outcome else self.market_price_yes


@dataclass(frozen=True, slots=True)
class SnapshotPage:
    """Some hours, newest first; `next_cursor` as `before` continues after them."""

    rows: tuple[SnapshotRow, ...]
    next_cursor: datetime | None


def list_snapshots(
    prediction_id: UUID,
    *,
    before: datetime | None = None,
    since: datetime | None = None,
    limit: int = 168,
) -> tuple[SnapshotRow, ...]:
    """Return the hours of a prediction, the newest first.

    Whoever looks: the caller has found the prediction through a door of `visible`.
    `before` is itself left out, `since` is not; at most `MAX_SNAPSHOTS` come.
    """
    return page_snapshots(prediction_id, before=before, since=since, limit=limit).rows


def page_snapshots(
    prediction_id: UUID,
    *,
    before: datetime | None = None,
    since: datetime | None = None,
    limit: int = 168,
) -> SnapshotPage:
    """Return what `list_snapshots` does, and which `before` continues after it."""
    found = Snapshot.objects.filter(prediction_id=prediction_id)
    if before is not None:
        found = found.filter(hour__lt=before)
    if since is not None:
        found = found.filter(hour__gte=since)
    most = max(1, min(limit, MAX_SNAPSHOTS))
    values = found.order_by("-hour").values_list(*_COLUMNS)[: most + 1]
    rows = tuple(_to_row(row) for row in values)
    return SnapshotPage(rows[:most], rows[most - 1].hour if len(rows) > most else None)


def snapshots_of_hour(
    prediction_ids: Iterable[UUID], hour: datetime
) -> dict[UUID, SnapshotRow]:
    """Return the snapshots that predictions have of one hour, whoever looks."""
    found = Snapshot.objects.filter(prediction_id__in=list(prediction_ids), hour=hour)
    rows = found.values_list("prediction_id", *_COLUMNS)
    return {key: _to_row(tuple(values)) for key, *values in rows}


_FIELDS = tuple(one.name for one in fields(SnapshotRow))
_ELSEWHERE = {"nature": "market__venue__nature"}
_COLUMNS = tuple(_ELSEWHERE.get(name, name) for name in _FIELDS)


def _to_row(values: tuple[Any, ...]) -> SnapshotRow:
    named = dict(zip(_FIELDS, values, strict=True))
    own = {"flags": QuoteFlag(named["flags"]), "nature": Nature(named["nature"])}
    return SnapshotRow(**{**named, **own})
