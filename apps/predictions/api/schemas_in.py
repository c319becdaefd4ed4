"""What is sent about predictions and experiments, and what is answered to that."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    PlainSerializer,
    RootModel,
    StrictInt,
    StrictStr,
    Tag,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from apps.core.web.schemas import Moment, Strict
from apps.predictions.domain.entries import MOST_ENTRIES, NewPrediction


def _no_truth(value: object) -> object:
    """Refuse `true` where a number belongs, which would pass for 1."""
    if isinstance(value, bool):
        raise ValueError("a number belongs here")  # noqa: TRY004 - pydantic's own
    return value


def _one_fault(value: object, read: ValidatorFunctionWrapHandler) -> object:
    """Say once what is wrong, not once for each form that an outcome may have."""
    try:
        return read(value)
    except ValidationError:
        raise ValueError("0, 1 or the outcome's name belongs here") from None


# Whether a number is in its range is said with all other faults, by the service.
Number = Annotated[Decimal, Field(allow_inf_nan=True), BeforeValidator(_no_truth)]
Share = Annotated[Decimal, PlainSerializer(float, return_type=float)]


class PredictionIn(Strict):
    """One prediction."""

    market: Annotated[str, Field(min_length=1, max_length=300)] = Field(
        description="Its id, or `venue:external id`",
        examples=["polymarket:0x5f65177b394277fd"],
    )
    outcome: Annotated[StrictInt | StrictStr, WrapValidator(_one_fault)] = Field(
        description="0 or 1, or the outcome's name", examples=["Yes"]
    )
    probability: Number = Field(description="Of that outcome, 0 to 1")
    confidence: Number | None = Field(default=None, description="0, or 1 to 100")
    reasoning: str = ""
    cost: Number | None = Field(default=None, description="US dollars")
    reference: str = Field(
        default="",
        description="Your own name for it: sent again, the prediction is returned as "
        "it was recorded, and another content is refused",
    )
    market_price_shown: Number | None = Field(
        default=None,
        description="The outcome's price that was known to whoever predicted; none "
        "says that it was hidden",
    )

    def read(self) -> NewPrediction:
        """Return the prediction that the body describes."""
        return NewPrediction(
            market=self.market,
            outcome=self.outcome,
            probability=self.probability,
            confidence=self.confidence,
            reasoning=self.reasoning,
            cost=self.cost,
            reference=self.reference,
            market_price_shown=self.market_price_shown,
        )


class Addressed(Strict):
    """Into which experiment predictions go."""

    experiment: Annotated[str, Field(min_length=1, max_length=100)] = Field(
        description="Its id, or its name in the workspace"
    )
    workspace: UUID | None = Field(
        default=None, description="Of whoever belongs to several; a key implies it"
    )


class SingleIn(PredictionIn, Addressed):
    """One prediction with its experiment."""


class BatchIn(Addressed):
    """Predictions of one experiment: all are recorded, or none."""

    predictions: list[PredictionIn] = Field(min_length=1, max_length=MOST_ENTRIES)


def _form_of(body: Any) -> str:
    is_batch = isinstance(body, BatchIn) or (
        isinstance(body, dict) and "predictions" in body
    )
    return "(batch)" if is_batch else "(single)"


class PredictionsIn(
    RootModel[
        Annotated[
            Annotated[SingleIn, Tag("(single)")] | Annotated[BatchIn, Tag("(batch)")],
            Discriminator(_form_of),
        ]
    ]
):
    """One prediction, or a batch of them."""


class RecordedOut(Schema):
    """A prediction as it was recorded; prices are those of the predicted outcome."""

    id: UUID
    experiment_id: UUID
    sequence: int = Field(description="Its place in the experiment's chain, from 1")
    market_id: UUID
    outcome: int
    outcome_name: str
    probability: Share
    confidence: Share | None
    market_price: Share = Field(description="When it was recorded, as we knew it")
    market_bid: Share | None
    market_ask: Share | None
    market_quoted_at: Moment
    market_price_shown: Share | None
    reference: str
    created_at: Moment
    previous_hash: str
    content_hash: str
    status: Literal["ACTIVE", "PAUSED", "COMPLETED"]


class BatchOut(Schema):
    """Predictions as they were recorded, in the order in which they were sent."""

    predictions: list[RecordedOut]


class ExperimentIn(Strict):
    """An experiment to begin."""

    name: Annotated[str, Field(min_length=1, max_length=100)] = Field(
        description="Letters, digits, hyphens and underscores; once in a workspace"
    )
    title: str = ""
    description: str = ""
    method: str = Field(default="", description="How the probabilities come about")
    prompt_version: str = ""
    parameters: dict[str, Any] = {}
    workspace: UUID | None = Field(
        default=None, description="Of whoever belongs to several; a key implies it"
    )


class ExperimentPatchIn(Strict):
    """What is to be otherwise."""

    title: str | None = None
    is_public: bool | None = Field(
        default=None,
        description="True shows it to everybody, for good; there is no way back",
    )


class ExperimentOut(Schema):
    """One way to come to a probability."""

    id: UUID
    workspace_id: UUID | None
    name: str
    title: str
    description: str
    kind: Literal["model", "ensemble", "submitted"]
    model: str
    method: str
    prompt_version: str
    parameters: dict[str, Any]
    is_public: bool
    is_backtest: bool
    created_at: Moment
    published_at: Moment | None = Field(
        description="Since when everybody sees it; null while it is private"
    )
    head_hash: str = Field(description="Of the newest prediction; empty before it")
    predictions_made: int
