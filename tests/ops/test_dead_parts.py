"""Each part of a running service is killed, and readiness names it."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.ops.stack import Stack

# The first of them starts everything, which takes its time on a busy machine.
pytestmark = [pytest.mark.xdist_group("stack"), pytest.mark.timeout(300)]


def test_a_whole_service_is_ready(stack: Stack) -> None:
    status, said = stack.ready()
    assert (status, said["status"], said["failed"]) == (200, "ready", [])
    assert {"database", "migrations", "redis", "worker", "scheduler", "jobs"} <= set(
        said["checks"]
    )
    assert all(check["latency_ms"] >= 0 for check in said["checks"].values())


def test_a_killed_worker_is_named_by_its_queue(stack: Stack) -> None:
    stack.kill("worker")
    # In between, a slow machine may see either of the two fail first.
    said = stack.await_failed({"worker", "jobs"})
    assert said["checks"]["worker"]["detail"] == "no worker serves the queue default"
    assert "Procfile" in said["checks"]["worker"]["advice"]
    assert stack.ready()[0] == 503


def test_a_killed_scheduler_is_named(stack: Stack) -> None:
    stack.kill("scheduler")
    said = stack.await_failed({"scheduler", "jobs"})
    assert "Procfile" in said["checks"]["scheduler"]["advice"]
    assert said["checks"]["worker"]["ok"]


def test_a_frozen_broker_is_told_from_a_dead_scheduler(stack: Stack) -> None:
    os.kill(stack.children["broker"].pid, signal.SIGSTOP)
    try:
        said = stack.await_failed({"scheduler", "jobs"})
    finally:
        os.kill(stack.children["broker"].pid, signal.SIGCONT)
    assert "lives, but hangs" in said["checks"]["scheduler"]["detail"]
    stack.await_failed(set())


def test_a_stopped_worker_is_named_by_its_queue(stack: Stack) -> None:
    stack.children["benchmarks"].stop()
    said = stack.await_failed({"worker"})
    assert said["checks"]["worker"]["detail"] == "no worker serves the queue benchmarks"


def test_a_killed_redis_is_named(stack: Stack) -> None:
    stack.kill("valkey")
    said = stack.await_failed({"redis", "worker", "scheduler", "jobs"})
    assert "Redis does not answer" in said["checks"]["redis"]["detail"]
    assert said["checks"]["database"]["ok"]


def test_a_killed_database_is_named(stack: Stack) -> None:
    stack.kill("postgres")
    said = stack.await_failed({"database", "migrations"})
    assert said["checks"]["database"]["advice"] == "Look at DATABASE_URL."
    assert stack.get("/livez")[0] == 200
