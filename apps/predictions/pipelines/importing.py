"""Importing a file of predictions: all of it or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from django.db import transaction

from apps.core.errors import ConflictError, InvalidInputError
from apps.markets.pipelines.refresh import DEFAULT_PACE
from apps.predictions.domain.entries import MOST_ENTRIES, EntriesRefusedError
from apps.predictions.domain.files import FileEntry, FileFault
from apps.predictions.pipelines.freshening import freshen_markets
from apps.predictions.services.predictions import record_predictions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime
    from uuid import UUID

    from apps.predictions.selectors.predictions import ExperimentRow, PredictionRow

MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Imported:
    """How many predictions a file held and how many were new, and their experiment."""

    experiment: ExperimentRow
    predictions: int
    recorded: int


class FileRefusedError(InvalidInputError):
    """Something is wrong in a file, so nothing of it was recorded."""

    def __init__(self, name: str, faults: Sequence[FileFault]) -> None:
        """Keep the faults; name the first ones, and count the others."""
        places = [f"line {one.line}: {_words(one)}" for one in faults[:MOST_NAMED]]
        more = len(faults) - len(places)
        places += [f"and {more} more"] if more else []
        super().__init__(f"{name}: {'; '.join(places)}")
        self.faults = tuple(faults)


def import_predictions(
    parts: Iterable[FileEntry | FileFault],
    *,
    name: str,
    find_experiment: Callable[[datetime], ExperimentRow],
    clock: Callable[[], datetime],
    progress: Callable[[int], None],
) -> Imported:
    """Look at a file's markets anew, then record what it holds in one transaction.

    Args:
        parts: the file as `domain.files` read it.
        name: what to call the file in errors.
        find_experiment: tells where its predictions go; one that it begins for them, at
            the time that it is told, is gone again where the file is refused.
        clock: the time of day; they are made when their markets have been looked at.
        progress: told how many predictions were looked at, thousand by thousand.

    Raises:
        FileRefusedError: something is wrong; all of it is counted, the first named.
        InvalidInputError: the file holds no prediction.
    """
    faults: list[FileFault] = []
    seen = _Seen(faults)
    total = recorded = 0
    parts = list(parts)
    markets = (one.entry.market for one in parts if isinstance(one, FileEntry))
    freshen_markets(markets, clock=clock, pace=DEFAULT_PACE)
    now = clock()
    with transaction.atomic():
        experiment = find_experiment(now)
        for chunk in _chunks(seen.first_of_each(parts)):
            total += len(chunk)
            rows = _record(chunk, experiment.id, now, faults)
            recorded += sum(row.sequence > experiment.predictions_made for row in rows)
            progress(total)
        if faults:
            raise FileRefusedError(name, sorted(faults, key=lambda one: one.line))
        if not total:
            raise InvalidInputError(f"{name}: it holds no prediction.")
    return Imported(experiment, total, recorded)


class _Seen:
    """Sorts out faults and references that stand twice."""

    def __init__(self, faults: list[FileFault]) -> None:
        self._faults = faults
        self._lines: dict[str, int] = {}

    def first_of_each(
        self, parts: Iterable[FileEntry | FileFault]
    ) -> Iterator[FileEntry]:
        for part in parts:
            if isinstance(part, FileFault):
                self._faults.append(part)
                continue
            reference = part.entry.reference
            first = self._lines.setdefault(reference, part.line) if reference else None
            if first is None or first == part.line:
                yield part
            else:
                what = f"line {first} has the same"
                self._faults.append(FileFault(part.line, "reference", what))


def _chunks(parts: Iterator[FileEntry]) -> Iterator[list[FileEntry]]:
    while chunk := list(islice(parts, MOST_ENTRIES)):
        yield chunk


def _record(
    chunk: Sequence[FileEntry],
    experiment_id: UUID,
    now: datetime,
    faults: list[FileFault],
) -> Sequence[PredictionRow]:
    """Record a chunk; where it is refused, say why and go on to find the rest."""
    try:
        return record_predictions(
            experiment_id=experiment_id, entries=[one.entry for one in chunk], now=now
        )
    except EntriesRefusedError as error:
        faults += [
            FileFault(chunk[one.index].line, one.field, one.what)
            for one in error.entries
        ]
    except ConflictError as error:
        faults.append(FileFault(chunk[0].line, "", str(error)))
    return ()


def _words(fault: FileFault) -> str:
    return f"{fault.field}: {fault.what}" if fault.field else fault.what
