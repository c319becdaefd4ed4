"""What a planted defect is, and a function that one can be planted in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from apps.benchmarks.domain.families.exercises import Args, function_source, tidied

if TYPE_CHECKING:
    import random
    from collections.abc import Callable


class DefectKind(StrEnum):
    """What is wrong with a line."""

    WRONG_OPERATOR = "wrong_operator"
    OFF_BY_ONE = "off_by_one"
    WRONG_START = "wrong_start"
    WRONG_VARIABLE = "wrong_variable"
    EARLY_RETURN = "early_return"


MEANINGS = {
    DefectKind.WRONG_OPERATOR: "an operator such as +, * or > is the wrong one",
    DefectKind.OFF_BY_ONE: "a range or an index begins or ends one place off",
    DefectKind.WRONG_START: "a variable starts with the wrong value",
    DefectKind.WRONG_VARIABLE: "a line uses a variable where something else is meant",
    DefectKind.EARLY_RETURN: "the function returns before its loop has finished",
}


@dataclass(frozen=True, slots=True)
class Defect:
    """One line of a body, and the wrong one that takes its place."""

    kind: DefectKind
    right: str
    wrong: str
    shown_by: Args


@dataclass(frozen=True, slots=True)
class Subject:
    """A right function, a trusted solution, and defects to plant in it."""

    name: str
    params: str
    does: str  # completes "It …"
    body: str
    solve: Callable[..., object]
    sample: Callable[[random.Random], Args]
    defects: tuple[Defect, ...]

    @property
    def source(self) -> str:
        """The right function as text."""
        return function_source(self.name, self.params, self.body)

    def source_with(self, defect: Defect) -> str:
        """The function as text with a defect planted in it."""
        lines = tidied(self.body).split("\n")
        lines[lines.index(defect.right)] = defect.wrong
        return function_source(self.name, self.params, "\n".join(lines))

    def line_of(self, defect: Defect) -> int:
        """The number of the planted line in `source_with`, the first line being 1."""
        return tidied(self.body).split("\n").index(defect.right) + 2
