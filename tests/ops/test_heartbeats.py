from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.core.cache import cache
from django.test import override_settings

from apps.core.diagnosis import (
    judge_followers,
    judge_pulse,
    judge_scheduler,
    judge_workers,
    stand,
)
from apps.core.errors import UnavailableError
from apps.core.heartbeats import (
    Heartbeat,
    Kind,
    Life,
    beat,
    forget_old,
    has_live_worker,
    read_heartbeats,
    retire,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
WORKS = {"queues": ["default"], "slots": 4, "active": 0, "connected": True}


def worker(age: float = 0, **facts: object) -> Heartbeat:
    return report(Kind.WORKER, age, WORKS | facts)


def scheduler(age: float = 0, tick_age: float = 0, name: str = "one") -> Heartbeat:
    ticked_at = (NOW - timedelta(seconds=tick_age)).isoformat()
    return report(Kind.SCHEDULER, age, {"ticked_at": ticked_at}, name)


def follower(age: float = 0, tick_age: float = 0, name: str = "one") -> Heartbeat:
    ticked_at = (NOW - timedelta(seconds=tick_age)).isoformat()
    return report(Kind.FOLLOWER, age, {"ticked_at": ticked_at}, name)


def report(
    kind: Kind, age: float, facts: Mapping[str, object], name: str = "one"
) -> Heartbeat:
    return Heartbeat(kind, name, NOW - timedelta(seconds=age), "here", 42, facts)


def test_a_report_comes_back_as_it_was_given() -> None:
    beat(Kind.WORKER, "w@here", NOW, WORKS)
    found = {item.name: item for item in read_heartbeats(NOW)}["w@here"]
    assert (found.kind, found.at, found.facts) == (Kind.WORKER, NOW, WORKS)
    assert found.pid > 0
    retire(Kind.WORKER, "w@here")
    assert "w@here" not in {item.name for item in read_heartbeats(NOW)}


def test_clearing_the_cache_does_not_silence_anyone() -> None:
    beat(Kind.WORKER, "kept@here", NOW, WORKS)
    cache.clear()
    assert "kept@here" in {item.name for item in read_heartbeats(NOW)}


@pytest.mark.parametrize(
    ("age", "life"),
    [
        (0, Life.ALIVE),
        (15, Life.ALIVE),
        (15.1, Life.LATE),
        (60, Life.LATE),
        (60.1, Life.DEAD),
        (-5, Life.ALIVE),
    ],
)
def test_the_age_of_a_report_says_how_its_process_is(age: float, life: Life) -> None:
    assert worker(age).life(NOW) is life


def test_the_dead_are_remembered_for_a_day_and_then_forgotten() -> None:
    beat(Kind.WORKER, "gone@here", NOW, WORKS)
    day = timedelta(days=1)
    assert "gone@here" in {item.name for item in read_heartbeats(NOW + day)}
    later = NOW + day + timedelta(seconds=1)
    assert "gone@here" not in {item.name for item in read_heartbeats(later)}
    forget_old(later)
    assert "gone@here" not in {item.name for item in read_heartbeats(NOW)}


def test_a_worker_counts_only_for_the_queues_that_it_serves() -> None:
    beat(Kind.WORKER, "queues@here", NOW, WORKS | {"queues": ["slow"]})
    assert has_live_worker("slow", NOW)
    assert not has_live_worker("slower", NOW)
    assert not has_live_worker("slow", NOW + timedelta(seconds=20))


@override_settings(HEARTBEAT_URL="unix:///nowhere/valkey.sock?db=0")
def test_a_missing_redis_is_said_in_one_line() -> None:
    with pytest.raises(UnavailableError, match=r"^Redis does not answer: ") as caught:
        read_heartbeats(NOW)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("beats", "detail"),
    [
        ([], "none has reported within a day"),
        ([worker(61)], "last reported 61 s ago"),
        ([worker(7300)], "last reported 2 h ago"),
        ([worker(queues=["other"])], "no worker serves the queue default"),
        ([worker(connected=False)], "one cannot reach the broker"),
    ],
)
def test_what_is_wrong_with_workers_is_said(
    beats: list[Heartbeat], detail: str
) -> None:
    finding = judge_workers(beats, ["default"], NOW)
    assert (finding.ok, finding.detail) == (False, detail)
    assert finding.advice


def test_a_dead_worker_beside_a_live_one_is_no_trouble() -> None:
    assert judge_workers([worker(), worker(900)], ["default"], NOW).ok


@pytest.mark.parametrize(
    ("beats", "detail"),
    [
        ([], "none has reported within a day"),
        ([scheduler(300)], "last reported 5 min ago"),
        ([scheduler(0, 31)], "one lives, but hangs since its last tick"),
        (
            [scheduler(), scheduler(name="two")],
            "2 are alive: every job is sent that often",
        ),
    ],
)
def test_what_is_wrong_with_the_scheduler_is_said(
    beats: list[Heartbeat], detail: str
) -> None:
    finding = judge_scheduler(beats, NOW)
    assert (finding.ok, finding.detail) == (False, detail)


@pytest.mark.parametrize(
    ("beats", "detail"),
    [
        ([follower(300)], "last reported 5 min ago"),
        (
            [follower(0, 901)],
            "one lives, but has stored nothing it heard for long",
        ),
    ],
)
def test_what_is_wrong_with_followers_is_said(
    beats: list[Heartbeat], detail: str
) -> None:
    finding = judge_followers(beats, NOW)
    assert (finding.ok, finding.detail) == (False, detail)
    assert finding.advice


def test_a_follower_need_not_be_and_one_that_follows_is_enough() -> None:
    assert judge_followers([worker()], NOW).ok
    several = [follower(), follower(0, 901, "stuck"), follower(900, 900, "dead")]
    assert judge_followers(several, NOW).detail == "2 alive"


def test_a_pulse_that_stopped_points_at_the_broker() -> None:
    assert judge_pulse([report(Kind.PULSE, 45, {})], NOW).ok
    finding = judge_pulse([report(Kind.PULSE, 46, {})], NOW)
    assert not finding.ok
    assert "broker" in finding.advice


@pytest.mark.parametrize(
    ("item", "word"),
    [
        (worker(), "alive"),
        (worker(16), "late"),
        (worker(61), "dead"),
        (scheduler(0, 31), "stuck"),
        (follower(0, 900), "alive"),
        (follower(0, 901), "stuck"),
    ],
)
def test_every_process_stands_under_one_word(item: Heartbeat, word: str) -> None:
    assert stand(item, NOW).word == word
