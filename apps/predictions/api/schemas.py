"""What reading predictions returns; probabilities and prices are shares of one."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field

from apps.core.web.schemas import Moment, Money
from apps.markets.api.schemas import Flags, NatureName
from apps.markets.domain.markets import QuoteFlag
from apps.predictions.api.schemas_in import RecordedOut, Share
from apps.predictions.selectors.predictions import MAX_PAGE, PredictionRow

SortName = Literal["skill", "convergence", "confidence", "recent"]
KindName = Literal["model", "ensemble", "submitted"]
StatusName = Literal["ACTIVE", "PAUSED", "COMPLETED"]


# Names are short; what is longer is none.
ExperimentName = Annotated[
    str | None, Field(max_length=100, description="An experiment's id, or its name")
]


class PredictionQuery(Schema):
    """Which predictions are wanted, and which page of them."""

    experiment: ExperimentName = None
    market: UUID | None = None
    status: StatusName | None = None
    cursor: UUID | None = Field(None, description="`next_cursor` of the page before")
    limit: int = Field(50, ge=1, le=MAX_PAGE, description="Items in a page")


class ExperimentQuery(Schema):
    """Which experiments are wanted, and which page of them."""

    workspace: UUID | None = None
    kind: KindName | None = None
    cursor: UUID | None = Field(None, description="`next_cursor` of the page before")
    limit: int = Field(50, ge=1, le=MAX_PAGE, description="Items in a page")


class SummaryOut(Schema):
    """What became of a prediction so far, in the frame of the predicted outcome."""

    initial_delta: float
    price_was_shown: bool
    latest_market_price: float | None
    latest_delta: float | None
    latest_direction: str = Field(description="Empty before the first valid look")
    latest_flags: Flags
    market_closed: bool
    market_resolved: bool
    total_snapshots: int
    hours_tracked: float
    converging_snapshots: int
    diverging_snapshots: int
    stable_snapshots: int
    flagged_snapshots: int
    rated_snapshots: int
    avg_convergence_rate: float | None = Field(description="A share an hour")
    max_convergence_rate: float | None
    cumulative_convergence: float | None
    convergence_percentage: float | None
    interim_skill: float | None = Field(description="Provisional, until settlement")
    valid_price: float | None
    valid_at: Moment | None
    reached_at: Moment | None
    last_hour: Moment | None
    dropped_snapshots: int = Field(description="Of these hours, kept no longer")
    dropped_before: Moment | None
    is_void: bool
    value: float | None = Field(description="What the predicted outcome paid")
    settled_at: Moment | None
    closing_price: float | None
    brier: float | None
    log_score: float | None
    skill: float | None = Field(description="Brier gained over the market's price")
    closing_skill: float | None
    last_benchmarked_at: Moment | None


class PredictionOut(RecordedOut):
    """A prediction with its market in short."""

    experiment: str
    question: str
    venue: str
    nature: NatureName
    market_status: str
    market_flags: Flags
    cost: Money | None


class PredictionDetailOut(PredictionOut):
    """A prediction with what it was made from, and what became of it."""

    reasoning: str
    provenance: dict[str, object]
    summary: SummaryOut


class BenchmarkOut(SummaryOut):
    """The benchmark of one prediction."""

    prediction_id: UUID
    market_id: UUID
    experiment_id: UUID
    nature: NatureName
    predicted_at: Moment
    predicted_probability: Share
    predicted_confidence: Share | None
    initial_market_price: Share
    benchmark_status: StatusName


def to_benchmark(row: PredictionRow) -> dict[str, object]:
    """Return a prediction's benchmark under the names of `BenchmarkOut`."""
    own = {name: getattr(row.summary, name) for name in SummaryOut.model_fields}
    return {
        "prediction_id": row.id,
        "market_id": row.market_id,
        "experiment_id": row.experiment_id,
        "nature": row.nature,
        "predicted_at": row.created_at,
        "predicted_probability": row.probability,
        "predicted_confidence": row.confidence,
        "initial_market_price": row.market_price,
        "benchmark_status": row.status,
        **own,
        "latest_flags": QuoteFlag(row.summary.latest_flags),
    }


class SnapshotOut(Schema):
    """One hour of a prediction."""

    hour: Moment
    snapshot_at: Moment
    observed_at: Moment
    market_price_yes: float
    market_price_no: float
    spread: float | None
    flags: Flags
    source: str
    market_closed: bool
    market_resolved: bool
    predicted_probability: float
    predicted_confidence: float | None
    abs_delta: float
    movement_direction: str
    convergence_rate: float | None
    cumulative_convergence: float
    convergence_percentage: float | None
    convergence_1h: float | None
    convergence_6h: float | None
    convergence_24h: float | None
    convergence_7d: float | None
    interim_skill: float
    hours_since_prediction: float
    nature: NatureName


class BoardRowOut(Schema):
    """One experiment on the leaderboard."""

    experiment_id: UUID
    experiment: str
    title: str
    nature: NatureName
    is_private: bool
    published_at: Moment | None
    published_afterwards: int = Field(
        description="Predictions from before everybody saw it; all, while it is private"
    )
    rank_low: int | None
    rank_high: int | None
    shrunken_skill: float | None
    skill: float | None
    skill_low: float | None = Field(description="Of the 95 % interval by events")
    skill_high: float | None
    is_provisional: bool
    n: int
    events: int
    beats_market: bool | None = Field(
        description="At a false-discovery rate of 5 %, by what a public experiment "
        "predicted in public"
    )
    beats_market_p: float | None
    settled: int
    settled_events: int
    public_events: int = Field(description="Settled events predicted in public")
    settled_skill: float | None
    settled_low: float | None
    settled_high: float | None
    waiting: int
    interim_skill: float | None
    predictions: int
    void: int
    copier_share: float | None
    price_shown: int
    brier: float | None
    market_brier: float | None
    log_score: float | None
    convergence: float | None
    convergence_rate: float | None
    direction_excess: float | None
    direction_p: float | None
    confidence_rho: float | None
    confidence_n: int
    attempts: int
    refusals: int
    cost: Money | None
    last_predicted_at: Moment | None
    computed_at: Moment


class BoardOut(Schema):
    """The experiments on the venues of one nature, ranked in ranges."""

    nature: NatureName
    is_backtest: bool
    sort: SortName
    rows: list[BoardRowOut]
    computed_at: Moment | None
