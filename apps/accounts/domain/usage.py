"""What a workspace used of the API, as its members see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

# Days, and whether they are shown by the hour.
PERIODS = {"1d": 1, "7d": 7, "30d": 30, "90d": 90}
DEFAULT_PERIOD = "7d"


@dataclass(frozen=True, slots=True)
class UsageStep:
    """The calls of one hour or UTC day."""

    at: datetime
    calls: int
    refused: int
    failed: int

    @property
    def answered(self) -> int:
        """Those that got what they asked for."""
        return self.calls - self.refused - self.failed


@dataclass(frozen=True, slots=True)
class UsageLine:
    """The calls of one key to one endpoint over the period.

    `key` is empty for signed-in people. `refused` are answers 4xx, of which `limited`
    were past the limit; `failed` are 5xx. `mean_ms` is at the server.
    """

    key_id: UUID | None
    key: str
    method: str
    route: str
    calls: int
    refused: int
    limited: int
    failed: int
    mean_ms: float
    bytes: int


@dataclass(frozen=True, slots=True)
class Usage:
    """A period: its steps, oldest first and without gaps; its lines, busiest first."""

    period: str
    since: datetime
    until: datetime
    step: str
    calls: int
    refused: int
    limited: int
    failed: int
    steps: tuple[UsageStep, ...]
    lines: tuple[UsageLine, ...]
