"""What a task is, as plain values: the part that the trusted process holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class TaskKind(StrEnum):
    """How an answer is run."""

    PYTHON_FUNCTION = "python_function"
    PYTHON_PROGRAM = "python_program"
    STRUCTURED = "structured"


class Verdict(StrEnum):
    """What became of a sample; `UNSCORED` is neither a pass nor a zero."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    UNSCORED = "unscored"


@dataclass(frozen=True, slots=True)
class Step:
    """One call made through the proxy, with what must come back.

    `target` is "" for the entry point itself (a function is called, a class is
    instantiated, and later method steps use that instance) or ".name" for a method
    of the instance made by the latest step on "". `raises` names a built-in
    exception class that must be raised instead of a value.
    """

    args: tuple[object, ...] = ()
    kwargs: Mapping[str, object] = field(default_factory=dict)
    expected: object = None
    raises: str | None = None
    target: str = ""
    compare: bool = True  # False: only that it returns at all (a constructor)
    tolerance: float = 0.0  # absolute, for floats anywhere in the value


@dataclass(frozen=True, slots=True)
class CallsCheck:
    """Calls whose expected values never leave the trusted process."""

    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class TestProgramCheck:
    """A foreign test program, run in a jail of its own against a proxy.

    `setup` is executed first (imports and helpers that the tests expect, such as
    the prompt with its stub), then the entry point's name is bound to the proxy,
    then `program` runs; `check(candidate)` is called unless the program calls it.
    """

    program: str
    setup: str = ""


@dataclass(frozen=True, slots=True)
class ProgramCase:
    """One run of a whole program: standard input and exact standard output.

    Trailing white space of each line and trailing blank lines do not count.
    """

    stdin: str
    stdout: str


@dataclass(frozen=True, slots=True)
class ProgramCheck:
    """Runs of a `python_program` answer."""

    cases: tuple[ProgramCase, ...]


@dataclass(frozen=True, slots=True)
class StructuredCheck:
    """Ground truth planted in the prompt, compared with a JSON answer.

    `schema` is the JSON schema that the answer must satisfy; `truth` maps each
    top-level key to its expected value; a list in `unordered` is compared as a set.
    """

    schema: Mapping[str, object]
    truth: Mapping[str, object]
    unordered: tuple[str, ...] = ()


Check = CallsCheck | TestProgramCheck | ProgramCheck | StructuredCheck


@dataclass(frozen=True, slots=True)
class TaskSpec:
    """One task: the prompt a model sees and the check that it never sees."""

    task_id: str  # unique within the suite version, e.g. "rotate-list/3"
    family: str
    category: str  # "code_generation", "debugging", "code_review", …
    kind: TaskKind
    prompt: str
    entry_point: str  # "" for programs and structured answers
    check: Check
    reference: str  # an answer that passes
    broken: tuple[str, ...]  # answers that must fail, at least one
    code_prompt: str = ""  # the part of the prompt that is Python, where there is one
    difficulty: str = "medium"
    time_limit_seconds: float = 5.0
    memory_limit_mb: int = 1024
    metadata: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GradeOutcome:
    """The verdict on one answer, with its reason and what each part scored."""

    verdict: Verdict
    reason: str  # one line, safe to show; "" on a pass
    milliseconds: float
    sandbox_tier: str  # "A", "B" or "" where nothing had to run
    breakdown: Mapping[str, object] = field(default_factory=dict)
