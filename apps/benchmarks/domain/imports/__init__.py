"""Published benchmark files, read into task specifications."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.benchmarks.domain.imports.humaneval import parse_humaneval
from apps.benchmarks.domain.imports.mbpp import parse_mbpp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from apps.benchmarks.domain.specs import TaskSpec

PARSERS: Mapping[str, Callable[[bytes], tuple[TaskSpec, ...]]] = {
    "humaneval": parse_humaneval,
    "mbpp": parse_mbpp,
}

__all__ = ["PARSERS", "parse_humaneval", "parse_mbpp"]
