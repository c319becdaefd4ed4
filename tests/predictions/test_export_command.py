from __future__ import annotations

import csv
import json
import tracemalloc
from datetime import timedelta
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from pyarrow import parquet

from apps.core.partitions import ensure_months, month_of
from apps.predictions.models import Snapshot
from apps.predictions.selectors.exports import export_tables
from tests.markets.make import NOW, make_market
from tests.predictions.make import make_experiment, make_prediction

if TYPE_CHECKING:
    from pathlib import Path

    from apps.predictions.models import Prediction

pytestmark = pytest.mark.django_db

_SNAPSHOTS = """
INSERT INTO predictions_snapshot (prediction_id, hour, market_id, snapshot_at,
    observed_at, market_price_yes, market_price_no, flags, source, market_closed,
    market_resolved, predicted_probability, abs_delta, movement_direction,
    cumulative_convergence, interim_skill, hours_since_prediction, created_at)
SELECT id, at, market_id, at, at, 0.6, 0.4, 0, 'gamma', false, false, probability,
    abs(probability - 0.6), 'STABLE', 0, 0, n, at
FROM predictions_prediction, generate_series(1, %s) AS n,
    LATERAL (SELECT date_trunc('hour', created_at) + n * interval '1 hour' AS at) AS h
"""


def make_snapshots(hours: int) -> None:
    ensure_months("predictions_snapshot", [month_of(NOW.date())])
    ensure_months("predictions_snapshot", [month_of((NOW + timedelta(days=30)).date())])
    with connection.cursor() as cursor:
        cursor.execute(_SNAPSHOTS, [hours])


@pytest.fixture
def made() -> list[Prediction]:
    experiment = make_experiment(name="gut")
    rows = [
        make_prediction(
            experiment,
            make_market(name),
            reasoning=reasoning,
            provenance={"samples": [0.7, 0.8]},
        )
        for name, reasoning in (("rain", '=SUM(A1), "so"'), ("snow", "Über\nall"))
    ]
    make_snapshots(3)
    return rows


def export(folder: Path, form: str, *arguments: str) -> dict[str, int]:
    stdout = StringIO()
    command = ("export", "--format", form, "--output", str(folder), "--json")
    call_command("predictions", *command, *arguments, stdout=stdout)
    files = json.loads(stdout.getvalue())["files"]
    assert [one["path"] for one in files] == [
        str(folder / f"{name}.{form}")
        for name in ("predictions", "summaries", "snapshots")
    ]
    return {one["path"].rpartition("/")[2]: one["rows"] for one in files}


def test_csv_holds_every_row_and_nothing_that_a_spreadsheet_runs(
    made: list[Prediction], tmp_path: Path
) -> None:
    counts = export(tmp_path / "new", "csv")
    assert list(counts.values()) == [2, 2, 6]
    with (tmp_path / "new" / "predictions.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == [str(one.pk) for one in made]
    assert rows[0]["reasoning"] == '\'=SUM(A1), "so"'
    assert rows[1]["reasoning"] == "Über\nall"
    assert rows[0]["probability"] == "0.75"
    assert json.loads(rows[0]["provenance"]) == {"samples": [0.7, 0.8]}
    assert (rows[0]["nature"], rows[0]["experiment"]) == ("live", "gut")
    assert not list((tmp_path / "new").glob(".*"))


def test_json_lines_are_one_object_each(made: list[Prediction], tmp_path: Path) -> None:
    export(tmp_path, "jsonl")
    lines = (tmp_path / "snapshots.jsonl").read_text().splitlines()
    rows: list[dict[str, Any]] = [json.loads(line) for line in lines]
    assert [row["prediction_id"] for row in rows] == [
        str(one.pk) for one in made for _ in range(3)
    ]
    assert [row["hours_since_prediction"] for row in rows[:3]] == [1.0, 2.0, 3.0]
    assert rows[0]["hour"] == "2026-11-24T13:00:00Z"
    assert rows[0]["convergence_rate"] is None


def test_parquet_keeps_the_types(made: list[Prediction], tmp_path: Path) -> None:
    export(tmp_path, "parquet")
    table = parquet.read_table(tmp_path / "predictions.parquet")
    assert str(table.schema.field("probability").type) == "decimal128(9, 8)"
    assert str(table.schema.field("created_at").type) == "timestamp[us, tz=UTC]"
    row = table.to_pylist()[0]
    assert row["probability"] == made[0].probability
    assert row["created_at"] == made[0].created_at
    assert (row["id"], row["confidence"]) == (str(made[0].pk), None)
    snapshots = parquet.read_table(tmp_path / "snapshots.parquet")
    assert snapshots.num_rows == 6
    assert str(snapshots.schema.field("abs_delta").type) == "double"


def test_one_experiment_is_exported_alone(
    made: list[Prediction], tmp_path: Path
) -> None:
    make_prediction(make_experiment("other"), make_market("hail"))
    wanted = str(made[0].experiment_id)
    counts = export(tmp_path, "jsonl", "--experiment-id", wanted)
    assert list(counts.values()) == [2, 2, 6]


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError) as caught:
        export(tmp_path / "file", "csv")
    assert caught.value.returncode == 2
    assert str(caught.value).endswith("file: File exists")


def test_memory_does_not_grow_with_the_rows() -> None:
    experiment, market = make_experiment(), make_market()
    for _ in range(30):
        make_prediction(experiment, market)
    peaks = []
    for hours in (250, 700):
        Snapshot.objects.all().delete()
        make_snapshots(hours)
        tracemalloc.start()
        rows = sum(len(chunk) for chunk in export_tables()[2].chunks)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert rows == 30 * hours
    assert peaks[1] < 1.1 * peaks[0]


def test_a_backtest_that_is_not_finished_is_left_out(
    made: list[Prediction], tmp_path: Path
) -> None:
    cut_off = make_experiment(name="past", is_backtest=True, is_unfinished=True)
    make_prediction(cut_off, made[0].market)
    assert list(export(tmp_path, "csv").values()) == [2, 2, 6]
