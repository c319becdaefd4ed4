"""Prometheus metrics: of this process's requests, and read where they are scraped.

What other processes know (runs, queues, heartbeats) lies in PostgreSQL and Redis and
is read at scrape time, so that one scrape of any web process tells of the
installation. An app registers a source from its `apps.py`; every metric is declared
before it is read, so that the reference of metrics can be written from the code.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import structlog
from django.utils import timezone
from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from prometheus_client import Metric as Family

logger = structlog.get_logger(__name__)


class Shape(StrEnum):
    """What kind of metric it is."""

    GAUGE = "gauge"
    COUNTER = "counter"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Metric:
    """The declaration of one metric; the name of a counter ends in `_total`."""

    name: str
    shape: Shape
    about: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of a gauge or a counter, under its label values."""

    metric: Metric
    value: float
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Distribution:
    """One histogram: the count at or below each bound, of all, and their sum."""

    metric: Metric
    buckets: Mapping[float, int]
    count: int
    total: float
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """Metrics that are read together, from one place outside this process."""

    name: str
    metrics: tuple[Metric, ...]
    read: Callable[[datetime], Iterable[Reading | Distribution]]


REQUESTS = Metric(
    "assay_http_requests_total",
    Shape.COUNTER,
    "Requests answered by this web process.",
    ("method", "view", "status"),
)
REQUEST_SECONDS = Metric(
    "assay_http_request_duration_seconds",
    Shape.HISTOGRAM,
    "Time to the first byte of the answer, in this web process.",
    ("method", "view"),
)
SOURCE_UP = Metric(
    "assay_source_up",
    Shape.GAUGE,
    "1 where the source of other metrics could be read, else 0, and they are absent.",
    ("source",),
)

# Prometheus needs no series that says since when it counts.
disable_created_metrics()  # type: ignore[no-untyped-call]
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_requests = Counter(REQUESTS.name, REQUESTS.about, REQUESTS.labels)
_request_seconds = Histogram(
    REQUEST_SECONDS.name,
    REQUEST_SECONDS.about,
    REQUEST_SECONDS.labels,
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
_sources: dict[str, Source] = {}


def register_source(source: Source) -> None:
    """Have a source read at each scrape.

    Raises:
        ValueError: its name, or the name of one of its metrics, is taken.
    """
    taken = {metric.name for metric in declared_metrics()}
    clash = taken & {metric.name for metric in source.metrics}
    if source.name in _sources or clash:
        raise ValueError(f"registered already: {source.name} {sorted(clash)}")
    _sources[source.name] = source


def declared_metrics() -> tuple[Metric, ...]:
    """Return every metric that a scrape can show, by name."""
    read = [metric for source in _sources.values() for metric in source.metrics]
    own = [REQUESTS, REQUEST_SECONDS, SOURCE_UP]
    return tuple(sorted([*own, *read], key=lambda metric: metric.name))


def observe_request(method: str, view: str, status: int, seconds: float) -> None:
    """Count one answered request; `view` must come from the routes, not the client."""
    known = method if method in _METHODS else "other"
    _requests.labels(known, view, str(status)).inc()
    _request_seconds.labels(known, view).observe(seconds)


def render_metrics() -> bytes:
    """Return everything in Prometheus' text format."""
    return generate_latest(_processes()) + generate_latest(_outside)


def _processes() -> CollectorRegistry:
    """Return what web processes counted: of all where they share a directory."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    shared = CollectorRegistry()
    MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
    return shared


class _SourceCollector(Collector):
    """Reads every source; one that fails is reported and spares the others."""

    def collect(self) -> Iterator[Family]:
        up = _family(SOURCE_UP)
        now = timezone.now()
        for source in _sources.values():
            try:
                families = _read(source, now)
            except Exception:  # whatever is wrong with one source, the rest is wanted
                logger.exception("metrics_source_failed", source=source.name)
                families = []
            _add(up, Reading(SOURCE_UP, float(bool(families)), (source.name,)))
            yield from families
        yield up


def _read(source: Source, now: datetime) -> list[Family]:
    families = {metric: _family(metric) for metric in source.metrics}
    for reading in source.read(now):
        _add(families[reading.metric], reading)
    return list(families.values())


def _family(metric: Metric) -> Family:
    shapes: dict[Shape, type[Family]] = {
        Shape.GAUGE: GaugeMetricFamily,
        Shape.COUNTER: CounterMetricFamily,
        Shape.HISTOGRAM: HistogramMetricFamily,
    }
    return shapes[metric.shape](metric.name, metric.about, labels=metric.labels)  # type: ignore[call-arg]


def _add(family: Family, reading: Reading | Distribution) -> None:
    if isinstance(reading, Reading):
        family.add_metric(list(reading.labels), reading.value)  # type: ignore[attr-defined]
        return
    bounds = [(str(float(bound)), n) for bound, n in sorted(reading.buckets.items())]
    family.add_metric(  # type: ignore[attr-defined]
        list(reading.labels), [*bounds, ("+Inf", reading.count)], reading.total
    )


_outside = CollectorRegistry(auto_describe=False)
_outside.register(_SourceCollector())
