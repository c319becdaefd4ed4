"""Experiments, their predictions, and what became of them hour by hour."""

from __future__ import annotations

from apps.predictions.models.ask import AskItem, AskRun
from apps.predictions.models.attempt import Attempt
from apps.predictions.models.experiment import Experiment
from apps.predictions.models.job import BenchmarkJob
from apps.predictions.models.prediction import Prediction
from apps.predictions.models.score import ExperimentScore, ScorePair
from apps.predictions.models.snapshot import Snapshot
from apps.predictions.models.summary import Summary

__all__ = [
    "AskItem",
    "AskRun",
    "Attempt",
    "BenchmarkJob",
    "Experiment",
    "ExperimentScore",
    "Prediction",
    "ScorePair",
    "Snapshot",
    "Summary",
]
