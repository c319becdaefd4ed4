"""Registration of the benchmarks application."""

from __future__ import annotations

from django.apps import AppConfig


class BenchmarksConfig(AppConfig):
    """The benchmarks application."""

    name = "apps.benchmarks"
    label = "benchmarks"
