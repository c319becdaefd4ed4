"""What starts a run on demand, and what is answered."""

from __future__ import annotations

from uuid import UUID

from ninja import Schema
from pydantic import Field

from apps.benchmarks.domain.on_demand import (
    MOST_ITERATIONS,
    MOST_MODELS,
    Asked,
    Scenarios,
)
from apps.core.web.schemas import CostLimit, Money, Name, Strict


class ScenariosIn(Strict):
    """Which tasks."""

    suite: Name = Field(description="A suite's slug; its newest version is run")
    categories: list[Name] = Field(
        default=[], max_length=50, description="All of the suite's where empty"
    )
    limit: int | None = Field(
        default=None, ge=1, le=1_000_000, description="Only the first so many tasks"
    )


class RunBenchmarkIn(Strict):
    """What to run."""

    scenarios: ScenariosIn
    providers: list[Name] = Field(
        default=[],
        max_length=MOST_MODELS,
        description="Where bare names of models are looked up; all of their models "
        "where none is named",
    )
    models: list[Name] = Field(
        default=[], max_length=100, description="provider/name, or names of `providers`"
    )
    iterations: int = Field(default=1, ge=1, le=MOST_ITERATIONS)
    max_cost: CostLimit | None = Field(
        default=None,
        description="The run stops before it; required unless all models are free",
    )
    webhook_url: str | None = Field(
        default=None, max_length=2000, description="Called when the run ends"
    )
    workspace: UUID | None = Field(
        default=None, description="Of whoever belongs to several; a key implies it"
    )

    def read(self) -> Asked:
        """Return what the body asks for."""
        return Asked(
            scenarios=Scenarios(
                suite=self.scenarios.suite,
                categories=tuple(dict.fromkeys(self.scenarios.categories)),
                limit=self.scenarios.limit,
            ),
            providers=tuple(dict.fromkeys(self.providers)),
            models=tuple(dict.fromkeys(self.models)),
            iterations=self.iterations,
            max_cost=self.max_cost,
            webhook_url=self.webhook_url or "",
        )


class EstimateOut(Schema):
    """What a run will probably take."""

    samples: int
    cost: Money | None = Field(description="Null where a price is unknown")


class StartedOut(Schema):
    """A run that was started."""

    run_id: UUID
    status: str
    status_url: str = Field(description="Where to read how it stands")
    estimate: EstimateOut


class ResumeIn(Strict):
    """What is to be otherwise this time."""

    max_cost: CostLimit | None = Field(
        default=None, description="Replaces the run's limit"
    )
