"""Runs that workspaces start themselves: what is asked for, and how much of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal
    from uuid import UUID

MOST_MODELS = 20
MOST_ITERATIONS = 100
MOST_SAMPLES = 20_000
# Of one workspace: the embedded model and the sandbox are everybody's.
MOST_ACTIVE = 5


@dataclass(frozen=True, slots=True)
class Scenarios:
    """Which tasks: a suite's newest version, all of it or some categories of it."""

    suite: str
    categories: tuple[str, ...] = ()
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run on demand was asked to be, as it was written.

    `models` are full names, or bare ones that are looked up in `providers`; without
    any, all models of the providers are meant. `max_cost` is US dollars.
    """

    scenarios: Scenarios
    providers: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    iterations: int = 1
    max_cost: Decimal | None = None
    webhook_url: str = ""


@dataclass(frozen=True, slots=True)
class Started:
    """A run that was started, and what it will probably take: None is unknown."""

    run_id: UUID
    status: str
    samples: int
    cost: Decimal | None
