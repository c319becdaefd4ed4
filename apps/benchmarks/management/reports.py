"""A run's report in Markdown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from apps.benchmarks.management.summaries import (
    HEADER,
    cost_text,
    rank_models,
    to_cells,
)
from apps.core.web.twins import plain, time_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from apps.benchmarks.selectors.summary import RunSummary
    from apps.core.domain.comparison import PairComparison


def to_markdown(summary: RunSummary) -> str:
    """Return the report; what models and providers wrote cannot shape its tables."""
    run = summary.run
    parts = [
        f"# Run {run.id}",
        _facts(summary),
        "## Models",
        _table(HEADER, (to_cells(model) for model in rank_models(summary))),
        _note(summary),
    ]
    if summary.pairs:
        parts += ["## Pairs", _pairs(summary.pairs)]
    if summary.families:
        parts += ["## Families", _families(summary)]
    if summary.unscored:
        parts += ["## Unscored", _unscored(summary)]
    manifest = json.dumps(plain(summary.manifest), indent=2, allow_nan=False)
    parts += ["## Manifest", f"```json\n{manifest}\n```"]
    return "\n\n".join(parts) + "\n"


def _facts(summary: RunSummary) -> str:
    run = summary.run
    verdicts = f"{run.passed} passed, {run.failed} failed, {run.unscored} unscored"
    facts = [
        ("suite", f"{run.suite_slug} v{run.suite_version}"),
        ("status", f"{run.status} {run.status_reason}".strip()),
        ("created", time_text(run.created_at)),
        ("finished", time_text(run.finished_at) if run.finished_at else "not yet"),
        ("samples", f"{run.done} of {run.samples}: {verdicts}"),
        ("cost", _money(summary.cost, "unknown")),
        ("estimate", _money(run.estimated_cost, "unknown")),
        ("cost limit", _money(run.max_cost, "none")),
    ]
    return "\n".join(f"- {name}: {_inline(value)}" for name, value in facts)


def _money(amount: Decimal | None, otherwise: str) -> str:
    return otherwise if amount is None else f"${cost_text(amount)}"


def _note(summary: RunSummary) -> str:
    draws = "families" if summary.clustered else "tasks"
    return (
        f"Intervals are 95 %, with {draws} as independent draws. Ranks come from "
        "paired tests with Holm's correction at 0.05. An unscored sample is neither a "
        "pass nor a fail."
    )


def _pairs(pairs: Iterable[PairComparison]) -> str:
    header = ("pair", "difference", "95 % interval", "tasks", "Holm p", "told apart")
    return _table(
        header,
        (
            (
                f"{pair.a} - {pair.b}",
                _number(pair.difference),
                f"{_number(pair.ci_low)} to {_number(pair.ci_high)}",
                str(pair.n),
                _number(pair.p_adjusted),
                "yes" if pair.significant else "no",
            )
            for pair in pairs
        ),
    )


def _families(summary: RunSummary) -> str:
    header = ("category", "family", "model", "passed", "scored", "unscored")
    return _table(
        header,
        (
            (
                row.category,
                row.family,
                row.model,
                str(row.passed),
                str(row.scored),
                str(row.unscored),
            )
            for row in summary.families
        ),
    )


def _unscored(summary: RunSummary) -> str:
    header = ("model", "outcome", "reason", "samples")
    return _table(
        header,
        (
            (row.model, row.outcome, row.reason, str(row.samples))
            for row in summary.unscored
        ),
    )


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(
        "| " + " | ".join(_inline(cell) for cell in line) + " |" for line in lines
    )


def _inline(text: str) -> str:
    """Keep foreign text inside its cell and free of markup."""
    shown = "".join(c if c.isprintable() else " " for c in text)
    for character in "\\|`<>[]":
        shown = shown.replace(character, f"\\{character}")
    return shown


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"
