"""What whoever watches is told of, by name.

Frames of hours and scores say all that is to be known; the others are hints, after
which the state is read anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

HOURS = "predictions"  # a job has ended
SCORES = "predictions:scores"
LOOKS = "predictions:looks"  # whatever was active was looked at


def looks_of(experiment_id: UUID) -> str:
    """Name the looks at one experiment's predictions, past the job."""
    return f"{LOOKS}:{experiment_id}"


def prediction(prediction_id: UUID) -> str:
    """Name what happens to one prediction alone."""
    return f"prediction:{prediction_id}"


def experiment(experiment_id: UUID) -> str:
    """Name what is added to an experiment."""
    return f"experiment:{experiment_id}"
