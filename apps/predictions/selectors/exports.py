"""Predictions, their summaries and their snapshots, row after row, for a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import models

from apps.predictions.models import Prediction, Snapshot, Summary
from apps.predictions.selectors.visible import SYSTEM, get_visible_predictions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from uuid import UUID

    from django.db.models import QuerySet

# How many rows are in memory at a time, of predictions and of what hangs from them.
CHUNK = 2000
# How many predictions' snapshots are read at a time: some hundred hours each.
PREDICTIONS_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an export: its name, where it is read from, and its kind.

    The kind is `text`, `json`, `int`, `float`, `bool`, `time` or `decimal`.
    """

    name: str
    path: str
    kind: str
    digits: int = 0
    places: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """One table of an export; its rows come in lists, in the order of the columns."""

    name: str
    columns: tuple[Column, ...]
    chunks: Iterator[Sequence[tuple[Any, ...]]]


# What names a prediction's experiment and market for people.
_CONTEXT = (
    Column("experiment", "experiment__name", "text"),
    Column("market_external_id", "market__external_id", "text"),
    Column("question", "market__question", "text"),
    Column("venue", "market__venue__name", "text"),
    Column("nature", "market__venue__nature", "text"),
)
_KINDS: tuple[tuple[type[models.Field[Any, Any]], str], ...] = (
    (models.BooleanField, "bool"),
    (models.DecimalField, "decimal"),
    (models.FloatField, "float"),
    (models.IntegerField, "int"),
    (models.DateTimeField, "time"),
    (models.JSONField, "json"),
)


def export_tables(experiment_id: UUID | None = None) -> tuple[Table, ...]:
    """Return predictions, summaries and snapshots, of one experiment or of all.

    Nothing is read before a table's rows are asked for, and never more than a chunk is
    held. Rows come by prediction, oldest first, and snapshots by hour inside one. A
    backtest that is not finished has none.
    """
    chosen = get_visible_predictions(SYSTEM)
    if experiment_id is not None:
        chosen = chosen.filter(experiment_id=experiment_id)
    predictions = (*_columns(Prediction), *_CONTEXT)
    summaries, snapshots = _columns(Summary), _columns(Snapshot)
    of_chosen = Summary.objects.filter(prediction__in=chosen)
    return (
        Table("predictions", predictions, _rows(chosen.order_by("pk"), predictions)),
        Table("summaries", summaries, _rows(of_chosen.order_by("pk"), summaries)),
        Table("snapshots", snapshots, _snapshots(chosen, snapshots)),
    )


def _columns(model: type[models.Model]) -> tuple[Column, ...]:
    fields = [one for one in model._meta.concrete_fields if one.name != "pk"]  # noqa: SLF001
    return tuple(_to_column(one.attname, one.attname, one) for one in fields)


def _to_column(name: str, path: str, field: models.Field[Any, Any]) -> Column:
    kind = next((word for known, word in _KINDS if isinstance(field, known)), "text")
    if isinstance(field, models.DecimalField):
        return Column(
            name, path, kind, field.max_digits or 0, field.decimal_places or 0
        )
    return Column(name, path, kind)


def _rows(
    found: QuerySet[Any], columns: Sequence[Column]
) -> Iterator[Sequence[tuple[Any, ...]]]:
    rows = found.values_list(*(one.path for one in columns))
    chunk = []
    for row in rows.iterator(chunk_size=CHUNK):
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _snapshots(
    chosen: QuerySet[Prediction], columns: Sequence[Column]
) -> Iterator[Sequence[tuple[Any, ...]]]:
    """Go by predictions: their hours are read by the key, without a sort of months."""
    ids: list[UUID] = []
    for prediction_id in (
        chosen.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=CHUNK)
    ):
        ids.append(prediction_id)
        if len(ids) == PREDICTIONS_AT_ONCE:
            yield from _snapshots_of(ids, columns)
            ids = []
    yield from _snapshots_of(ids, columns)


def _snapshots_of(
    ids: Sequence[UUID], columns: Sequence[Column]
) -> Iterator[Sequence[tuple[Any, ...]]]:
    if ids:
        found = Snapshot.objects.filter(prediction_id__in=ids)
        yield from _rows(found.order_by("prediction_id", "hour"), columns)
