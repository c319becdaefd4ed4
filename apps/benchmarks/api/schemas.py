"""What the benchmarks' endpoints return: the selectors' rows, field by field."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field

from apps.core.web.schemas import Moment, Money

Period = Literal["1d", "7d", "30d", "90d"]
Status = Literal["queued", "running", "completed", "cancelled", "stopped", "failed"]
VerdictName = Literal["pass", "fail", "unscored"]
Share = float  # of one


class EventOut(Schema):
    """One Server-Sent Event of a run's stream."""

    event: Literal["progress", "end"]
    id: str = Field(description="Samples that are done")
    retry: int = Field(description="Milliseconds to wait before reconnecting")
    data: str = Field(description="The whole state of the run, as JSON")


class SuiteOut(Schema):
    """The newest version of a suite."""

    id: UUID = Field(description="Of the version")
    suite_id: UUID
    suite_slug: str
    suite_title: str
    description: str
    is_public: bool
    workspace_id: UUID | None
    number: int = Field(description="Of the version")
    seed: int | None
    content_hash: str
    created_at: Moment
    tasks: int


class LeaderboardRowOut(Schema):
    """One model's line; `mean` is over `n` tasks, repeats averaged first."""

    model_id: UUID
    model: str
    display_name: str
    rank_low: int | None = Field(description="1 + models significantly better")
    rank_high: int | None = Field(description="Models less those significantly worse")
    mean: Share | None
    ci_low: Share | None = Field(description="Of the 95 % interval")
    ci_high: Share | None
    n: int
    samples: int
    unscored: int
    cost_per_task: Money | None
    latency_p50_ms: float | None
    latency_p95_ms: float | None
    input_tokens: int | None
    output_tokens: int | None
    last_run_id: UUID | None
    last_result_at: Moment
    least_detectable_difference: Share | None


class PairOut(Schema):
    """`a` less `b` over their common tasks, with a paired test."""

    a: str
    b: str
    difference: Share | None
    ci_low: Share | None
    ci_high: Share | None
    n: int
    units: int
    p: float | None
    p_adjusted: float | None = Field(description="Corrected by Holm's method")
    test: str
    significant: bool
    least_detectable_difference: Share | None


class LeaderboardOut(Schema):
    """A suite's leaderboard since a UTC day."""

    version: SuiteOut
    period: str
    sort: str
    since: date
    as_of: Moment | None = Field(description="When the newest result was made")
    rows: list[LeaderboardRowOut]
    pairs: list[PairOut] = Field(
        description="The most telling ones, unless asked for all"
    )
    pairs_compared: int = Field(description="All there are")
    pairs_told_apart: int = Field(description="Of those compared")
    clustered: bool
    samples: int
    unscored: int
    least_detectable_difference: Share | None
    revision: int = Field(description="Grows whenever a figure may have changed")


class HistoryDayOut(Schema):
    """One UTC day on one suite version."""

    suite_slug: str
    suite_version: int
    day: date
    mean: Share | None
    ci_low: Share | None
    ci_high: Share | None
    n: int
    samples: int
    unscored: int
    cost_per_task: Money | None
    latency_p50_ms: float | None
    latency_p95_ms: float | None
    last_run_id: UUID | None


class HistoryRunOut(Schema):
    """The model's part of one run; `mean` is its pass rate."""

    run_id: UUID
    suite_slug: str
    suite_version: int
    created_at: Moment
    status: str
    mean: Share | None
    ci_low: Share | None
    ci_high: Share | None
    samples: int
    unscored: int
    cost: Money | None


class FamilyOut(Schema):
    """The model's mean over the tasks of one family."""

    suite_slug: str
    suite_version: int
    family: str
    category: str
    mean: Share
    n: int
    samples: int


class HistoryOut(Schema):
    """A model's days (oldest first), runs (newest first) and families."""

    period: str
    since: date
    days: list[HistoryDayOut]
    runs: list[HistoryRunOut]
    families: list[FamilyOut]


class ShardOut(Schema):
    """One model's part of a run."""

    id: UUID
    model_id: UUID
    model: str
    display_name: str
    status: str
    reason: str
    samples: int
    passed: int
    failed: int
    unscored: int
    cost: Money | None
    started_at: Moment | None
    finished_at: Moment | None
    limit_changes: list[dict[str, object]]


class RunOut(Schema):
    """A run with its totals."""

    id: UUID
    suite_slug: str
    suite_title: str
    suite_version: int
    suite_version_id: UUID
    workspace_id: UUID | None
    is_public: bool
    is_on_demand: bool = Field(description="Started by its workspace, with its keys")
    trigger: str
    schedule: str
    status: Status
    status_reason: str
    epochs: int
    samples: int
    passed: int
    failed: int
    unscored: int
    cost: Money | None
    max_cost: Money | None
    estimated_cost: Money | None = Field(description="Null where a price is unknown")
    created_at: Moment
    started_at: Moment | None
    finished_at: Moment | None
    models: list[ShardOut]


class RunDetailOut(Schema):
    """A run with what it was made from."""

    run: RunOut
    manifest: dict[str, object]


class ResultOut(Schema):
    """One sample's final result, with its evidence."""

    id: UUID
    run_id: UUID
    model_id: UUID
    model: str
    model_display_name: str
    task_id: UUID
    task: str
    family: str
    category: str
    kind: str
    difficulty: str
    epoch: int
    attempt: int
    is_final: bool
    prompt: str
    prompt_hash: str
    answer: str
    outcome: str
    verdict: VerdictName
    reason: str
    score: Share | None
    breakdown: dict[str, object]
    input_tokens: int | None
    output_tokens: int | None
    cost: Money | None
    first_token_ms: float | None
    total_ms: float | None
    working_ms: float | None
    waited_ms: float | None
    grading_ms: float | None
    retries: int
    sandbox_tier: str
    provider_model: str
    package_versions: dict[str, str]
    created_at: Moment
