"""The report of an experiment as REST returns it: no figure without its n."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field

from apps.core.web.schemas import Money
from apps.markets.api.schemas import NatureName
from apps.predictions.api.schemas_in import ExperimentOut


class FigureOut(Schema):
    """A value of `n` predictions on `events` events, or the reason why it is null."""

    value: float | None
    n: int
    events: int
    low: float | None = Field(description="Of the 95 % interval, by events")
    high: float | None
    boot_low: float | None = Field(description="The same by resampling events")
    boot_high: float | None
    reason: str = Field(description="What is missing; empty where nothing is")


class IntervalOut(Schema):
    """An interval at 95 %."""

    low: float
    high: float


class CountsOut(Schema):
    """How many predictions there are of which kind."""

    predictions: int
    events: int
    settled: int
    settled_events: int
    void: int
    open: int
    looked_at: int
    price_shown: int


class BandOut(Schema):
    """Predictions of one band of confidence, and what they gained over the market."""

    low: float
    high: float
    skill: FigureOut


class MurphyOut(Schema):
    """brier = reliability - resolution + uncertainty + within_bins (Murphy 1973)."""

    brier: float
    reliability: float
    resolution: float
    uncertainty: float
    within_bins: float
    base_rate: float
    n: int


class CalibrationOut(Schema):
    """The expected calibration error, and what chance alone would make of it."""

    ece: float
    if_calibrated: float
    n: int


class BinOut(Schema):
    """One bin of the reliability diagram, with Wilson's interval."""

    low: float
    high: float
    n: int
    units: int
    mean: float | None
    share: float | None
    interval: IntervalOut | None


class SettledOut(Schema):
    """Every score of settled predictions."""

    brier: FigureOut
    log_score: FigureOut
    priced_brier: FigureOut
    market_brier: FigureOut
    market_log_score: FigureOut
    skill: FigureOut
    closing_skill: FigureOut
    skill_score: FigureOut
    copies: FigureOut
    confidence: FigureOut
    confidence_bands: list[BandOut]
    murphy: MurphyOut | None
    calibration: CalibrationOut | None
    bins: list[BinOut]


class DirectionOut(Schema):
    """Directional accuracy against its matched null."""

    accuracy: float
    null: float
    excess: float
    p: float | None
    n: int
    units: int


class ConvergenceOut(Schema):
    """Where the markets went; it describes and never ranks."""

    points: FigureOut
    percentage: FigureOut
    rate: FigureOut
    directions: dict[str, int]


class TimeOut(Schema):
    """Hours until the price reached the prediction, by Kaplan and Meier."""

    median_hours: FigureOut
    reached: int
    shares: dict[str, FigureOut]


class ProfitOut(Schema):
    """Simulated bets at bid and ask, with fees, by one rule of staking."""

    staking: str
    bets: int
    on_outcome: int
    against: int
    abstained: int
    unquoted: int
    staked: float
    fees: float
    profit: float
    profit_per_unit: FigureOut
    per_unit_year: float | None


class PerformerOut(Schema):
    """One prediction, by the skill that it has so far."""

    prediction_id: UUID
    skill: float
    is_provisional: bool


class FiguresOut(Schema):
    """All figures of an experiment on the venues of one nature."""

    counts: CountsOut
    is_provisional: bool
    skill_so_far: FigureOut
    interim_skill: FigureOut
    copies: FigureOut
    settled: SettledOut
    direction: DirectionOut | None
    direction_reason: str
    convergence: ConvergenceOut
    time_to_convergence: TimeOut
    profit: list[ProfitOut]
    top: list[PerformerOut]
    poor: list[PerformerOut]


class AskingOut(Schema):
    """How often models were asked, what came of it and what it cost."""

    attempts: int
    refused: int
    unreadable: int
    out_of_range: int
    failed: int
    cost: Money | None


class ReportOut(Schema):
    """An experiment and its figures; what is live is never mixed with what is not."""

    experiment: ExperimentOut
    nature: Literal["live", "recorded", "simulated"] | None
    natures: list[NatureName]
    published_afterwards: int = Field(
        description="Predictions from before everybody saw it; all, while it is private"
    )
    asking: AskingOut
    report: FiguresOut


class DifferenceOut(Schema):
    """The first experiment less the second in skill, on common markets, by event."""

    difference: float | None = Field(description="Above 0 the first gained more")
    low: float | None = Field(description="Of the 95 % interval, by events")
    high: float | None
    p: float | None = Field(description="Two-sided, of this pair alone")
    markets: int = Field(description="That both predicted")
    events: int
    least_detectable: float | None
    events_needed: int | None
    markets_needed: int | None = Field(
        description="To show this difference at 0.05 four times in five"
    )
    reason: str = Field(description="What is missing; empty where nothing is")


class ComparisonOut(Schema):
    """Two experiments on the markets of one nature that both predicted."""

    first: ExperimentOut
    second: ExperimentOut
    nature: NatureName
    settled: DifferenceOut
    so_far: DifferenceOut = Field(
        description="Provisional: the newest price stands in for what is not settled"
    )
