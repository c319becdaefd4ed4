"""Backtests that do not come to their end: nothing of them is ever seen."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection

from apps.accounts.selectors.workspaces import ANONYMOUS
from apps.core.turns import hold_turn
from apps.markets.domain.markets import Nature
from apps.markets.models import Market, Quote, Venue
from apps.predictions.models import Experiment, Prediction, Snapshot, Summary
from apps.predictions.selectors.audit import audit_chains
from apps.predictions.selectors.jobs import count_by_status
from apps.predictions.selectors.leaderboard import get_leaderboard
from apps.predictions.selectors.visible import (
    SYSTEM,
    get_visible_experiments,
    get_visible_predictions,
)
from apps.predictions.services.backtests import turn_of
from apps.predictions.services.scores import recompute_scores
from tests.markets.make import NOW
from tests.predictions.backtests import BEGAN, Files
from tests.predictions.make import make_experiment, make_prediction

if TYPE_CHECKING:
    from pathlib import Path

LONG = 5000  # hours: nobody plays them in the time of a test
ROW = "rain,0.75,2026-10-31T20:30:00Z"


@pytest.fixture
def files(tmp_path: Path) -> Files:
    found = Files(tmp_path)
    found.predict(ROW)
    return found


def start_long(files: Files) -> subprocess.Popen[str]:
    """Start a backtest of months in a process, and wait until it has looked."""
    short = files.tape.read_text()
    rows = [
        f"{(BEGAN + timedelta(hours=hour)).isoformat()},rain,Rain?,0.4,0.5,rain"
        for hour in range(LONG)
    ]
    files.tape.write_text("\n".join(["time,market,question,bid,ask,event", *rows]))
    ends = files.ends.read_text()
    files.ends.write_text("market,payout\nrain,1")
    place = os.environ["DATABASE_URL"].partition("?")[2]
    address = f"postgresql:///{connection.settings_dict['NAME']}?{place}"
    process = subprocess.Popen(
        [sys.executable, "manage.py", *files.command()],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": address},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + 120
    while not Snapshot.objects.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until, "it looks at nothing"
        time.sleep(0.05)
    files.tape.write_text(short)
    files.ends.write_text(ends)
    return process


def left() -> dict[str, int]:
    kinds = (Experiment, Prediction, Summary, Snapshot, Market, Quote)
    counts = {kind.__name__: kind.objects.count() for kind in kinds}
    counts["Venue"] = Venue.objects.filter(name="gut").count()
    return {name: count for name, count in counts.items() if count}


@pytest.mark.django_db(transaction=True)
def test_what_a_killed_backtest_left_is_hidden_until_the_next_takes_it_back(
    files: Files,
) -> None:
    process = start_long(files)
    with pytest.raises(CommandError, match="'gut' is played by another process"):
        files.play()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert Experiment.objects.get().is_unfinished
    assert not get_visible_experiments(SYSTEM).exists()
    assert not get_visible_predictions(SYSTEM).exists()
    assert recompute_scores(now=NOW) == 0
    assert (
        get_leaderboard(ANONYMOUS, nature=Nature.RECORDED, is_backtest=True).rows == ()
    )
    assert not any(sum(one.values()) for one in count_by_status().values())
    assert list(audit_chains()) == []
    assert files.play("--as", "other")["backtest"]["recorded"] == 1
    assert left() == {
        **dict.fromkeys(("Experiment", "Prediction", "Summary", "Market"), 1),
        "Snapshot": 5,
        "Quote": 6,
    }


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_a_backtest_that_is_ended_says_so_in_a_line_and_leaves_nothing(
    files: Files, ending: signal.Signals
) -> None:
    process = start_long(files)
    process.send_signal(ending)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert stderr.splitlines()[-1].startswith("interrupted at 2026-1")
    assert stderr.splitlines()[-1].endswith("looked at: nothing of it is kept.")
    assert all("looked at" in line for line in stderr.splitlines())
    assert left() == {}


@pytest.mark.django_db
def test_whatever_goes_wrong_on_the_way_nothing_is_left(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr("apps.predictions.pipelines.backtesting.finish_backtest", fail)
    with pytest.raises(RuntimeError):
        files.play()
    assert left() == {}


@pytest.mark.django_db
def test_what_cannot_be_taken_back_keeps_no_other_backtest_from_being_played(
    files: Files,
) -> None:
    files.play()
    Experiment.objects.update(is_unfinished=True)
    make_prediction(make_experiment("a-stranger-s"), Market.objects.get())
    assert files.play("--as", "other")["backtest"]["recorded"] == 1
    assert Experiment.objects.get(name="gut").is_unfinished
    assert Prediction.objects.count() == 3


@pytest.mark.django_db
def test_a_turn_is_free_after_a_backtest(files: Files) -> None:
    files.play()
    with hold_turn(turn_of("gut")) as is_free:
        assert is_free
