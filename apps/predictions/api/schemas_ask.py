"""What has models asked over REST, and what is answered."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field

from apps.core.web.schemas import CostLimit, Moment, Money, Name, Strict
from apps.predictions.api.schemas import ExperimentName
from apps.predictions.domain.asking import (
    DEFAULT_MARKETS,
    LONGEST_NAME,
    MOST_MARKETS,
    MOST_MODELS,
    MOST_SAMPLES,
    Asked,
)
from apps.predictions.domain.prompts import PROMPTS
from apps.predictions.domain.words import AttemptOutcome, ItemStatus
from apps.predictions.selectors.ask_runs import MAX_PAGE, AskResult, AskRunRow

AskStatusName = Literal[
    "queued", "running", "completed", "stopped", "cancelled", "failed"
]


class AskIn(Strict):
    """Which models are asked about which markets, and how."""

    experiment: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)] = Field(
        description="A name; each model's predictions go to an experiment whose name "
        "begins with it"
    )
    models: list[Name] = Field(
        min_length=1, max_length=MOST_MODELS, description="provider/name"
    )
    markets: list[Name] = Field(
        default=[],
        max_length=MOST_MARKETS,
        description="Ids, or `venue:external id`; without any, send a `query`",
    )
    query: Annotated[str, Field(max_length=300)] | None = Field(
        default=None,
        description="Words, or beginnings of some, that question and event have; none "
        "in it finds every open market",
    )
    venue: Annotated[str, Field(max_length=60)] = Field(
        default="", description="Without `markets`: only this venue's"
    )
    limit: int = Field(
        default=DEFAULT_MARKETS,
        ge=1,
        le=MOST_MARKETS,
        description="Without `markets`: so many of the most liquid ones",
    )
    outcome: Literal[0, 1] = Field(
        default=0, description="Which outcome is predicted: 0 is the first"
    )
    samples: int = Field(
        default=1, ge=1, le=MOST_SAMPLES, description="Answers whose median is taken"
    )
    price: Literal["shown", "hidden"] = Field(
        default="hidden", description="Whether the model is told the market's price"
    )
    prompt_version: str = Field(
        default="", max_length=60, description=f"One of {', '.join(PROMPTS)}"
    )
    max_cost: CostLimit | None = Field(
        default=None,
        description="No more is spent; required unless all models are free",
    )
    webhook_url: str | None = Field(
        default=None, max_length=2000, description="Called when the asking ends"
    )
    workspace: UUID | None = Field(
        default=None, description="Of whoever belongs to several; a key implies it"
    )

    def read(self) -> Asked:
        """Return what the body asks for."""
        return Asked(
            experiment=self.experiment,
            models=tuple(dict.fromkeys(self.models)),
            markets=tuple(dict.fromkeys(self.markets)),
            query=self.query,
            venue=self.venue,
            limit=self.limit,
            outcome=self.outcome,
            samples=self.samples,
            shows_price=self.price == "shown",
            prompt_version=self.prompt_version,
            max_cost=self.max_cost,
            webhook_url=self.webhook_url or "",
        )


class AskResumeIn(Strict):
    """What is to be otherwise this time."""

    max_cost: CostLimit | None = Field(
        default=None, description="Replaces the asking's limit"
    )


class AskRunQuery(Schema):
    """Which askings are wanted, and which page of them."""

    workspace: UUID | None = None
    experiment: ExperimentName = None
    status: AskStatusName | None = None
    cursor: UUID | None = Field(None, description="`next_cursor` of the page before")
    limit: int = Field(50, ge=1, le=MAX_PAGE, description="Items in a page")


class AskedExperimentOut(Schema):
    """Where one model's predictions go."""

    id: UUID
    name: str
    model: str


class AskEstimateOut(Schema):
    """What an asking will probably take."""

    markets: int
    questions: int = Field(description="Of all models; repeated ones not counted")
    cost: Money | None = Field(description="Null where a price is unknown")


class AskStartedOut(Schema):
    """An asking that was started."""

    run_id: UUID
    status: str
    status_url: str = Field(description="Where to read how it stands")
    experiments: list[AskedExperimentOut]
    estimate: AskEstimateOut


class AskResultOut(Schema):
    """How one model's part stands."""

    experiment_id: UUID
    experiment: str
    model: str
    markets: dict[str, int] = Field(
        description="How many by what became of them: pending, recorded, unanswered, "
        "refused, failed"
    )
    attempts: dict[str, int] = Field(
        description="Questions by what they gave: ok, refused, unreadable, "
        "out_of_range, failed"
    )
    cost: Money | None = Field(description="Null where an answer's cost is unknown")
    reason: str = Field(description="Of the first market without a prediction")

    @classmethod
    def read(cls, row: AskResult) -> AskResultOut:
        """Return what a row says."""
        return cls(
            experiment_id=row.experiment_id,
            experiment=row.experiment,
            model=row.model,
            markets={one.value: row.items[one] for one in ItemStatus},
            attempts={one.value: row.attempts[one] for one in AttemptOutcome},
            cost=row.cost,
            reason=row.reason,
        )


class AskRunOut(Schema):
    """An asking and how it stands."""

    run_id: UUID
    workspace_id: UUID | None
    experiment: str
    status: AskStatusName
    reason: str
    prompt_version: str
    outcome: int
    samples: int
    price: Literal["shown", "hidden"]
    max_cost: Money | None
    created_at: Moment
    started_at: Moment | None
    finished_at: Moment | None
    results: list[AskResultOut]

    @classmethod
    def read(cls, row: AskRunRow) -> AskRunOut:
        """Return what a row says."""
        return cls(
            run_id=row.id,
            workspace_id=row.workspace_id,
            experiment=row.name,
            status=row.status.value,
            reason=row.reason,
            prompt_version=row.prompt_version,
            outcome=row.outcome,
            samples=row.samples,
            price="shown" if row.shows_price else "hidden",
            max_cost=row.max_cost,
            created_at=row.created_at,
            started_at=row.started_at,
            finished_at=row.finished_at,
            results=[AskResultOut.read(one) for one in row.results],
        )
