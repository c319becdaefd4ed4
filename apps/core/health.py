"""Whether the installation can do its work: a registry of checks, run on demand."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from apps.core.errors import AppError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check saw: in words, and what to do where it is not well."""

    ok: bool
    detail: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """A finding with the check's name and the milliseconds that it took."""

    name: str
    finding: Finding
    latency_ms: float


class HealthChecks:
    """Named checks, run in the order in which they were registered."""

    def __init__(self) -> None:
        """Begin without any."""
        self._checks: dict[str, Callable[[datetime], Finding]] = {}
        self._needs: dict[str, str] = {}

    def register(
        self, name: str, check: Callable[[datetime], Finding], *, needs: str = ""
    ) -> None:
        """Make readiness depend on `check`, which is called with the present time.

        While the check named `needs`, registered before, finds something wrong, this
        one is not asked: it would wait for the same thing once more, and name it twice.

        Raises:
            ValueError: a check of that name exists.
        """
        if name in self._checks:
            raise ValueError(f"there is a check named {name!r} already")
        self._checks[name] = check
        self._needs[name] = needs

    def names(self) -> tuple[str, ...]:
        """Return the names of all checks."""
        return tuple(self._checks)

    def run(self, now: datetime) -> tuple[CheckResult, ...]:
        """Run every check, one after the other, whatever the others found."""
        results: dict[str, CheckResult] = {}
        for name in self._checks:
            needed = results.get(self._needs[name])
            if needed is None or needed.finding.ok:
                results[name] = self._run(name, now)
            else:
                detail = f"not known while {needed.name} is not well"
                results[name] = CheckResult(name, Finding(ok=True, detail=detail), 0.0)
        return tuple(results.values())

    def _run(self, name: str, now: datetime) -> CheckResult:
        started = time.perf_counter()
        try:
            finding = self._checks[name](now)
        except AppError as error:
            finding = Finding(ok=False, detail=str(error))
        except Exception as error:  # a check must not hide what the others find
            logger.exception("health_check_failed", check=name)
            finding = Finding(ok=False, detail=f"{type(error).__name__}: {error}")
        return CheckResult(name, finding, (time.perf_counter() - started) * 1000)


# Apps above core add theirs from their `apps.py`.
health_checks = HealthChecks()
