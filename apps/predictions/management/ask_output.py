"""An asking on the command line: how it moves, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apps.core.status_line import StatusLine
from apps.core.web.twins import decimal_text
from apps.predictions.domain.words import AttemptOutcome, ItemStatus

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from django.core.management.base import OutputWrapper

    from apps.predictions.selectors.ask_runs import AskResult, AskRunRow

TROUBLES = (ItemStatus.UNANSWERED, ItemStatus.REFUSED, ItemStatus.FAILED)


class AskProgress:
    """Writes how an asking stands on standard error: a bar on a terminal, else lines.

    `moved` may be called as often as something is stored; it looks a few times a
    second at most.
    """

    def __init__(self, stderr: OutputWrapper, read: Callable[[], AskRunRow]) -> None:
        """Take the stream, and how to read the asking."""
        self._read = read
        self._line = StatusLine(stderr)
        self._line.wait()

    def moved(self) -> None:
        """Say how the asking stands, where the last time is a while ago."""
        if self._line.is_due():
            row = self._read()
            self._line.show(describe(row), row.done, row.markets)

    def close(self) -> None:
        """Say how it ended."""
        self._line.end(describe(self._read()))


def describe(row: AskRunRow) -> str:
    """Return how an asking stands in one line."""
    return (
        f"{row.status.value}: {row.done}/{row.markets} done, "
        f"{row.items[ItemStatus.RECORDED]} predictions, "
        f"{row.asked} questions, {_money(row.cost)}"
    )


def to_table(row: AskRunRow) -> str:
    """Return one line for each model."""
    return "\n".join(_line(one) for one in row.results)


def to_document(row: AskRunRow) -> dict[str, Any]:
    """Return an asking as a JSON document."""
    cost = row.cost
    return {
        "run_id": str(row.id),
        "status": row.status.value,
        "reason": row.reason,
        "experiment": row.name,
        "prompt_version": row.prompt_version,
        "outcome": row.outcome,
        "samples": row.samples,
        "market_price_shown": row.shows_price,
        "cost": None if cost is None else decimal_text(cost),
        "results": [_result(one) for one in row.results],
    }


def _result(one: AskResult) -> dict[str, Any]:
    return {
        "model": one.model,
        "experiment_id": str(one.experiment_id),
        "experiment": one.experiment,
        "markets": one.markets,
        **{status.value: one.items[status] for status in ItemStatus},
        "attempts": {
            outcome.value: one.attempts[outcome] for outcome in AttemptOutcome
        },
        "cost": None if one.cost is None else decimal_text(one.cost),
        "first_reason": one.reason,
    }


def _line(one: AskResult) -> str:
    what = [f"{one.items[ItemStatus.RECORDED]} of {one.markets} markets predicted"]
    what += [
        f"{one.items[status]} {status.value}"
        for status in TROUBLES
        if one.items[status]
    ]
    lost = {
        outcome: number
        for outcome, number in one.attempts.items()
        if number and outcome is not AttemptOutcome.OK
    }
    if lost:
        told = ", ".join(
            f"{number} {outcome.value.replace('_', ' ')}"
            for outcome, number in lost.items()
        )
        what.append(f"answers without use: {told}")
    what.append(_money(one.cost))
    line = f"{one.model} ({one.experiment}): {', '.join(what)}"
    return f"{line}\n  such as: {one.reason}" if one.reason else line


def _money(cost: Decimal | None) -> str:
    return "cost unknown" if cost is None else f"${decimal_text(cost)}"
