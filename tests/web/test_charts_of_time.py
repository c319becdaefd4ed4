"""Axes of time on the pages of predictions."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from apps.core.web.charts import span_labels, time_labels
from apps.predictions.domain.distributions import CurvePoint
from apps.predictions.selectors.predictions import get_prediction
from apps.predictions.selectors.snapshots import list_snapshots
from apps.predictions.selectors.visible import SYSTEM
from apps.predictions.web.drawings import draw_prediction, draw_reaching
from tests.markets.make import make_market
from tests.predictions.hours import make_snapshot
from tests.predictions.make import make_experiment, make_prediction

if TYPE_CHECKING:
    from apps.core.web.charts import Chart
    from apps.predictions.models import Prediction

HOUR = datetime(2026, 11, 24, 13, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def make() -> Prediction:
    made = HOUR + 43 * MINUTE
    return make_prediction(make_experiment("own"), make_market("m"), created_at=made)


def look(prediction: Prediction, at: datetime, price: float, **fields: int) -> None:
    hour = at.replace(minute=0)
    make_snapshot(prediction, hour, price, observed_at=at, snapshot_at=at, **fields)


def draw(prediction: Prediction) -> Chart:
    row = get_prediction(SYSTEM, prediction.pk)
    chart = draw_prediction(row, list_snapshots(prediction.pk))
    assert chart is not None
    return chart


def across(path: str) -> list[int]:
    """The places of a line's points, from 0 to 1000."""
    return [int(place) for place in re.findall(r"[ML](\d+) ", path)]


def line_of(chart: Chart) -> str:
    return next(one.d for one in chart.layers if one.css == "price")


@pytest.mark.django_db
def test_a_look_within_the_first_hour_lies_after_the_prediction() -> None:
    prediction = make()
    look(prediction, HOUR + 48 * MINUTE, 0.61)
    chart = draw(prediction)
    assert (chart.x_labels[0], chart.x_labels[-1]) == ("24 Nov 13:43", "24 Nov 13:48")
    assert list(chart.x_labels) == sorted(chart.x_labels)
    assert across(line_of(chart)) == [0, 1000]


@pytest.mark.django_db
def test_looks_lie_where_their_prices_were_seen() -> None:
    prediction = make()
    look(prediction, HOUR + 48 * MINUTE, 0.61)
    look(prediction, HOUR + 63 * MINUTE, 0.62)
    chart = draw(prediction)
    assert chart.x_labels[-1] == "24 Nov 14:03"
    assert across(line_of(chart)) == [0, 250, 1000]


@pytest.mark.django_db
def test_an_hour_without_a_look_is_a_gap_however_near_its_neighbours_are() -> None:
    prediction = make()
    look(prediction, HOUR + 59 * MINUTE, 0.61)
    look(prediction, HOUR + 121 * MINUTE, 0.62)
    assert len(re.findall("M", line_of(draw(prediction)))) == 2


@pytest.mark.parametrize(
    ("hours", "labels"),
    [
        (0.005, ("0 s", "9 s", "18 s")),
        (0.4, ("0 min", "12 min", "24 min")),
        (25.0, ("0 h", "12.5 h", "25 h")),
        (240.0, ("0 d", "5 d", "10 d")),
    ],
)
def test_a_span_is_told_in_a_unit_that_tells_its_ends_apart(
    hours: float, labels: tuple[str, ...]
) -> None:
    assert span_labels(hours) == labels
    chart = draw_reaching([CurvePoint(hours, 0.5, None, None)])
    assert chart is not None
    assert chart.x_labels == labels


def test_the_ends_of_few_minutes_are_told_to_the_second() -> None:
    seconds = ("00:00", "00:15", "00:30", "00:45", "01:00")
    assert time_labels(HOUR, HOUR + MINUTE) == tuple(f"13:{one}" for one in seconds)
    assert time_labels(HOUR, HOUR) == ("13:00:00",)
