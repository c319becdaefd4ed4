"""The documented program, which knows nothing of this service, on an export."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command

from apps.predictions.domain.entries import NewPrediction
from apps.predictions.domain.words import ExperimentKind
from apps.predictions.services.experiments import create_experiment
from apps.predictions.services.predictions import record_predictions
from tests.docs.reference import DOCS
from tests.markets.make import NOW, make_market

if TYPE_CHECKING:
    from pathlib import Path

    from apps.predictions.selectors.predictions import PredictionRow

pytestmark = pytest.mark.django_db


@pytest.fixture
def recorded() -> list[PredictionRow]:
    """Two chains with whatever a prediction may hold."""
    market = make_market()
    odd = NewPrediction(
        market.pk,
        "No",
        Decimal("0.10000001"),
        confidence=33.335,
        reasoning='Wind "föhn"\r\n\t\x1f\x7f\u2028🌧',
        cost=Decimal("1E-8"),
        reference="α/1",
        market_price_shown=Decimal(0),
        provenance={
            "ü": [0.1, 1e22, -0.0, 7, True, None],
            "\U00010000": {},
            "\uffff": 1,
        },
    )
    rows: list[PredictionRow] = []
    for name in ("a", "b"):
        made = create_experiment(
            workspace_id=None, name=name, kind=ExperimentKind.SUBMITTED, now=NOW
        )
        for micros in (0, 1, 120_000):
            now = NOW + timedelta(microseconds=micros)
            one = odd if micros == 1 else NewPrediction(market.pk, 0, 1.0)
            rows += record_predictions(experiment_id=made.id, entries=[one], now=now)
    return rows


def recompute(tmp_path: Path, lines: list[str]) -> tuple[int, str]:
    page = (DOCS / "reference" / "prediction-chain.md").read_text()
    (program,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (tmp_path / "recompute.py").write_text(program)
    (tmp_path / "rows.jsonl").write_text("".join(lines))
    done = subprocess.run(
        [sys.executable, "-I", "recompute.py", "rows.jsonl"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def export(tmp_path: Path) -> list[str]:
    words = ("--format", "jsonl", "--output", str(tmp_path))
    call_command("predictions", "export", *words, stdout=StringIO())
    return (tmp_path / "predictions.jsonl").read_text().splitlines(keepends=True)


def test_every_hash_of_an_export_is_recomputed(
    recorded: list[PredictionRow], tmp_path: Path
) -> None:
    ends = {str(row.experiment_id): row for row in recorded}
    expected = [f"{one} 3 {row.content_hash}" for one, row in sorted(ends.items())]
    status, said = recompute(tmp_path, export(tmp_path))
    assert (status, said.splitlines()) == (0, expected)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("probability", "0.11"),
        ("reasoning", "I knew it"),
        ("created_at", "2026-11-01T00:00:00Z"),
        ("market_price", "0.9"),
        ("previous_hash", ""),
    ],
)
def test_an_export_that_was_edited_is_found(
    recorded: list[PredictionRow], tmp_path: Path, name: str, value: str
) -> None:
    lines = export(tmp_path)
    row = json.loads(lines[1])
    assert row["id"] == str(recorded[1].id)
    lines[1] = json.dumps(row | {name: value}) + "\n"
    status, said = recompute(tmp_path, lines)
    assert (status, said) == (1, f"{recorded[1].experiment_id} is broken at 2\n")
