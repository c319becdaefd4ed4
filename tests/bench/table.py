"""What a benchmark found, and the table of all of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One number, its target and whether the target was met.

    `target` is in words where nothing is promised; `met` is None there.
    """

    name: str
    measured: str
    target: str
    met: bool | None


def render_table(findings: list[Finding]) -> str:
    """Return the findings as aligned columns."""
    words = {True: "met", False: "MISSED", None: ""}
    rows = [("benchmark", "measured", "target", "")]
    rows += [(one.name, one.measured, one.target, words[one.met]) for one in findings]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(line.rstrip() for line in lines)


def percentile(values: list[float], share: float) -> float:
    """Return the value below which `share` of the sorted values lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
