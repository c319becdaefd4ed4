"""What every tier of the sandbox offers, and how it can fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from apps.core.errors import UnavailableError

if TYPE_CHECKING:
    from apps.benchmarks.gateways.sandbox.process import Jail

MEBIBYTE = 1024 * 1024


class SandboxStartError(UnavailableError):
    """A jail did not come up: nothing can be said of the answer."""

    code = "sandbox_unavailable"


class JailEndedError(Exception):
    """A jail that had come up was ended, by itself or for crossing a bound.

    `reason` is one line that says which.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of one jail."""

    cpu_seconds: int = 6
    memory_mb: int = 1024  # address space of each process, and all their pages
    file_mb: int = 16  # one file
    disk_mb: int = 32  # all files together
    open_files: int = 64
    tasks: int = 128  # processes and threads together
    output_bytes: int = 4 * MEBIBYTE  # what a whole program may print

    def rlimits(self) -> list[tuple[str, int]]:
        """Return the resource limits, by the names of module `resource`."""
        return [
            ("RLIMIT_CPU", self.cpu_seconds),
            ("RLIMIT_AS", self.memory_mb * MEBIBYTE),
            ("RLIMIT_FSIZE", self.file_mb * MEBIBYTE),
            ("RLIMIT_NOFILE", self.open_files),
            ("RLIMIT_CORE", 0),
        ]


class Sandbox(Protocol):
    """One tier of the sandbox; `tier` is "" where none works, for `reason`."""

    @property
    def tier(self) -> str:
        """Return "A", "B" or ""."""

    @property
    def reason(self) -> str:
        """Return why no tier works, in one line; "" where one does."""

    def open(self, role: str, limits: Limits) -> Jail:
        """Start a jail in a role: "candidate", "tester" or "program".

        It is returned while it comes up, so that two can do so at a time; the first
        wait for it raises where it does not. The caller closes it.

        Raises:
            SandboxStartError: no process could be started.
        """


@dataclass(frozen=True, slots=True)
class UnavailableSandbox:
    """Stands where no tier works: whatever would need it stays unscored."""

    reason: str
    tier: str = ""

    def open(self, role: str, limits: Limits) -> Jail:
        """Refuse.

        Raises:
            SandboxStartError: always.
        """
        raise SandboxStartError(f"no jail for a {role}: {self.reason}")
