"""`predictions resume`: take the hourly looks at a prediction up again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone

from apps.predictions.management.arguments import read_id
from apps.predictions.services.steering import resume_prediction

if TYPE_CHECKING:
    from django.core.management.base import CommandParser, OutputWrapper

NAME = "resume"
HELP = (
    "Have hourly looks taken at a paused prediction again; "
    "the hours between stay a gap."
)
NEEDS_DATABASE = True


def add_arguments(parser: CommandParser) -> None:
    """Declare the prediction."""
    parser.add_argument(
        "--prediction-id", metavar="ID", required=True, help="the prediction's id"
    )


def handle(
    options: dict[str, Any], stdout: OutputWrapper, _stderr: OutputWrapper
) -> None:
    """Resume it and say so."""
    prediction_id = read_id(options["prediction_id"], "prediction")
    resume_prediction(prediction_id=prediction_id, now=timezone.now())
    stdout.write(f"{prediction_id} is active")
