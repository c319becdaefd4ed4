"""A run's summary as JSON and as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apps.core.web.twins import decimal_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from apps.benchmarks.selectors.summary import ModelSummary, RunSummary


def describe_summary(summary: RunSummary) -> dict[str, Any]:
    """Return the totals of a run and of its models; costs are decimal strings.

    A cost that cannot be told is null.
    """
    run = summary.run
    return {
        "run_id": str(run.id),
        "status": run.status,
        "samples": run.samples,
        "passed": run.passed,
        "failed": run.failed,
        "unscored": run.unscored,
        "cost": cost_text(summary.cost),
        "models": [describe_model(model) for model in summary.models],
    }


def describe_model(model: ModelSummary) -> dict[str, Any]:
    """Return one model of a run."""
    return {
        "model": model.model,
        "samples": model.samples,
        "passed": model.passed,
        "failed": model.failed,
        "unscored": model.unscored,
        "cost": cost_text(model.cost),
        "mean": model.mean,
        "ci_low": model.ci_low,
        "ci_high": model.ci_high,
        "n": model.n,
        "rank_low": model.rank_low,
        "rank_high": model.rank_high,
        "least_detectable_difference": model.least_detectable_difference,
    }


def cost_text(cost: Decimal | None) -> str | None:
    """Return US dollars as a decimal string."""
    return None if cost is None else decimal_text(cost)


HEADER = ("rank", "model", "score", "95 % interval", "tasks", "unscored", "cost")


def to_cells(model: ModelSummary) -> tuple[str, ...]:
    """Return a model's line under `HEADER`."""
    if model.mean is None or model.rank_low is None:
        score, interval, rank = "no data", "", ""
    else:
        score = f"{model.mean:.3f}"
        interval = _interval(model.ci_low, model.ci_high)
        low, high = model.rank_low, model.rank_high
        rank = str(low) if low == high else f"{low}-{high}"
    cost = "unknown" if model.cost is None else f"${cost_text(model.cost)}"
    return (
        rank,
        model.model,
        score,
        interval,
        str(model.n),
        str(model.unscored),
        cost,
    )


def to_table(summary: RunSummary) -> str:
    """Return the models of a run as columns of text."""
    rows = [HEADER, *(to_cells(model) for model in rank_models(summary))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(_padded(row, widths)).rstrip() for row in rows]
    return "\n".join(lines)


def rank_models(summary: RunSummary) -> list[ModelSummary]:
    """Return the models, the best score first and those without one last."""
    return sorted(
        summary.models, key=lambda m: (m.mean is None, -(m.mean or 0.0), m.model)
    )


def _padded(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{low:.3f} to {high:.3f}"
