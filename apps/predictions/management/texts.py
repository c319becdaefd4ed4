"""Figures of reports as text: never without their n, or the reason why they miss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.core.console import columns, interval, number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from apps.predictions.domain.figures import Figure
    from apps.predictions.domain.resolved import ResolvedScores, Verdict

HEAD = ("", "value", "95 % interval", "n", "events", "")


def figure_cells(name: str, figure: Figure) -> tuple[str, ...]:
    """Return the cells of a figure, its reason last."""
    return (
        name,
        number(figure.value),
        interval(figure.low, figure.high),
        str(figure.n),
        str(figure.events),
        figure.reason,
    )


def figures_text(figures: Iterable[tuple[str, Figure]]) -> list[str]:
    """Return figures as the lines of a table."""
    return columns([HEAD, *(figure_cells(name, one) for name, one in figures)])


def verdict_text(verdict: Verdict, skill: Figure) -> str:
    """Return in a line whether the market is beaten."""
    if verdict.p is None:
        return f"Verdict: none, for {verdict.reason or 'there is no skill to judge'}."
    said = {
        "better": "better than the market",
        "worse": "worse than the market",
    }.get(verdict.word, "not told apart from the market: it could be chance")
    return (
        f"Verdict: {said} (skill {number(skill.value)}, one-sided p"
        f" {number(verdict.p)}, {skill.events} events)."
    )


def resolved_text(scores: ResolvedScores, *, has_close: bool = True) -> list[str]:
    """Return every score of settled predictions as lines.

    Without `has_close` there can be no price at the close, and so no line for it.
    """
    close = [("skill over the close", scores.closing_skill)] if has_close else []
    lines = figures_text(
        (
            ("Brier score", scores.brier),
            ("Brier score where priced", scores.priced_brier),
            ("market's Brier score", scores.market_brier),
            ("log score", scores.log_score),
            ("market's log score", scores.market_log_score),
            ("skill over the market", scores.skill),
            *close,
            ("skill score", scores.skill_score),
            ("copies of the market", scores.copies),
            ("confidence and skill, rho", scores.confidence),
        )
    )
    lines += ["", *_decomposition(scores), "", *_bins(scores)]
    return lines


def _decomposition(scores: ResolvedScores) -> list[str]:
    parts, error = scores.murphy, scores.calibration
    if parts is None or error is None:
        return ["Calibration: nothing is settled yet."]
    return [
        (
            f"Brier {number(parts.brier)} = reliability {number(parts.reliability)}"
            f" - resolution {number(parts.resolution)}"
            f" + uncertainty {number(parts.uncertainty)}"
            f" + within bins {number(parts.within_bins)}"
            f" (n {parts.n}, base rate {number(parts.base_rate)})"
        ),
        (
            f"Calibration error {number(error.ece)}; a calibrated forecaster would show"
            f" {number(error.if_calibrated)} by chance (n {error.n})"
        ),
    ]


def _bins(scores: ResolvedScores) -> list[str]:
    rows: list[Sequence[str]] = [
        ("said", "mean", "came", "95 % band", "n", "events"),
        *(
            (
                f"{one.low:g}-{one.high:g}",
                number(one.mean),
                number(one.share),
                interval(
                    one.interval.low if one.interval else None,
                    one.interval.high if one.interval else None,
                ),
                str(one.n),
                str(one.units),
            )
            for one in scores.bins
        ),
    ]
    return columns(rows)
