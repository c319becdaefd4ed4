"""Suites, runs and results."""

from __future__ import annotations

from apps.benchmarks.models.result import Result
from apps.benchmarks.models.rollup import ModelDay, TaskDay
from apps.benchmarks.models.run import Run, RunStatus, RunTrigger, Shard, ShardStatus
from apps.benchmarks.models.schedule import Schedule
from apps.benchmarks.models.suite import Suite, SuiteVersion
from apps.benchmarks.models.task import Task, TaskFamily

__all__ = [
    "ModelDay",
    "Result",
    "Run",
    "RunStatus",
    "RunTrigger",
    "Schedule",
    "Shard",
    "ShardStatus",
    "Suite",
    "SuiteVersion",
    "Task",
    "TaskDay",
    "TaskFamily",
]
