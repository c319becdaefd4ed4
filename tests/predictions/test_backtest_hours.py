"""Hours that a backtest passes over change nothing of what comes of it."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from apps.predictions.models import Snapshot, Summary
from apps.predictions.pipelines.backtest_stage import Stage
from tests.predictions.backtests import BEGAN, Files

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db
OWN = {"prediction", "market", "experiment", "cluster", "created_at", "updated_at"}


def write_tape(files: Files, seed: int) -> None:
    """Write prices at odd minutes, with gaps of hours and of days, of two markets."""
    rng = random.Random(seed)  # noqa: S311 - no secret is made of it
    lines = ["time,market,question,bid,ask,volume"]
    for name in ("rain", "snow"):
        at, volume = BEGAN, 0
        for _ in range(25):
            price, volume = rng.choice((0.4, 0.5, 0.6, 0.7)), volume + rng.randint(0, 1)
            sides = f"{price - 0.01:.2f},{price + 0.01:.2f}"
            lines.append(
                f"{at.isoformat()},{name},Will there be {name}?,{sides},{volume}"
            )
            at += timedelta(minutes=rng.choice((7, 30, 55, 60, 200, 1900)))
    files.tape.write_text("\n".join(lines))


def outcome_of(experiment: str) -> list[dict[str, Any]]:
    """Return all that came of a backtest but for what names it and dates its rows."""
    found = []
    for model, key in ((Summary, "prediction_id"), (Snapshot, "hour")):
        names = [one.name for one in model._meta.concrete_fields if one.name not in OWN]
        rows = model.objects.filter(prediction__experiment__name=experiment)
        found += list(rows.order_by("prediction__sequence", key).values(*names))
    return found


@pytest.mark.parametrize("seed", range(4))
def test_what_is_passed_over_is_what_the_job_would_find_nothing_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    files = Files(tmp_path)
    write_tape(files, seed)
    files.predict(
        "rain,0.75,2026-10-31T20:01:00Z",
        "snow,0.20,2026-10-31T20:30:00Z",
        "rain,0.30,2026-10-31T21:03:00Z",
    )
    passing = files.play("--as", "passing")["backtest"]
    monkeypatch.setattr(Stage, "_has_news", lambda stage, _: bool(stage._seen))
    looking = files.play("--as", "looking")["backtest"]
    assert passing["hours"] < looking["hours"]
    assert passing["looks"] == looking["looks"]
    assert passing["refused"] == looking["refused"]
    assert outcome_of("passing") == outcome_of("looking")
