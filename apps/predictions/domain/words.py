"""The states of predictions and of what is done with them."""

from __future__ import annotations

from enum import StrEnum


class ExperimentKind(StrEnum):
    """Where an experiment's probabilities come from."""

    MODEL = "model"  # a language model of the catalogue is asked
    ENSEMBLE = "ensemble"  # made from other experiments' predictions
    SUBMITTED = "submitted"  # sent by API or imported


class BenchmarkStatus(StrEnum):
    """Whether the hourly job looks at a prediction."""

    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    COMPLETED = "COMPLETED"  # its market is settled, or void


class Movement(StrEnum):
    """Where the market went, seen from a prediction."""

    CONVERGING = "CONVERGING"
    DIVERGING = "DIVERGING"
    STABLE = "STABLE"
    REACHED = "REACHED"  # the price has crossed the prediction, once and for all
    AGREES = "AGREES"  # prediction and market were one from the start


class JobStatus(StrEnum):
    """How one hour's job stands."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


class AttemptOutcome(StrEnum):
    """What one question to a model gave."""

    OK = "ok"
    REFUSED = "refused"
    UNREADABLE = "unreadable"  # no probability in a form that is accepted
    OUT_OF_RANGE = "out_of_range"  # a number that is no share, such as 75
    FAILED = "failed"  # the provider did not answer


class AskStatus(StrEnum):
    """Where an asking of models stands."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    STOPPED = "stopped"  # at its cost limit
    CANCELLED = "cancelled"
    FAILED = "failed"


class ItemStatus(StrEnum):
    """What became of one model's prediction for one market."""

    PENDING = "pending"
    RECORDED = "recorded"
    UNANSWERED = "unanswered"  # too few of the samples gave a probability
    REFUSED = "refused"  # the market is not open, or has no price to stand beside
    FAILED = "failed"  # the model cannot be asked
