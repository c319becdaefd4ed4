"""One id follows a request into the job that it enqueues, in another process."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.ops.stack import Stack

# The first of them starts everything, which takes its time on a busy machine.
pytestmark = [pytest.mark.xdist_group("stack"), pytest.mark.timeout(300)]


def await_line(stack: Stack, name: str, **fields: str) -> dict[str, Any]:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        for line in stack.log_lines(name):
            if fields.items() <= line.items():
                return line
        time.sleep(0.1)
    message = f"{name} did not log {fields}"
    raise TimeoutError(message)


def test_the_id_of_a_request_stands_in_its_jobs_log(stack: Stack) -> None:
    stack.get("/probe/ask?word=hello", **{"X-Request-ID": "order-66"})
    web = await_line(stack, "web", event="request_finished", request_id="order-66")
    job = await_line(stack, "worker", event="noted", request_id="order-66")
    assert web["request"] == "GET /probe/ask?word=hello"
    assert (job["word"], job["task"]) == ("hello", "probe.note")


def test_a_crash_is_logged_once_with_its_id(stack: Stack) -> None:
    assert stack.get("/probe/crash", **{"X-Request-ID": "boom"})[0] == 500
    line = await_line(stack, "web", event="request_failed", request_id="boom")
    assert "ZeroDivisionError" in line["exception"]


def test_a_secret_in_a_log_line_is_struck_out(stack: Stack) -> None:
    stack.get("/probe/ask?word=secrecy&token=hunter2", **{"X-Request-ID": "hush"})
    web = await_line(stack, "web", event="request_finished", request_id="hush")
    job = await_line(stack, "worker", event="noted", request_id="hush")
    assert web["request"].endswith("token=[removed]")
    assert job["api_key"] == "[removed]"


def test_an_unready_service_does_not_fill_its_log(stack: Stack) -> None:
    about = [line["event"] for line in stack.log_lines("web")]
    assert not [event for event in about if "/readyz" in event]


def test_every_line_of_every_process_is_json_and_the_pulse_is_left_out(
    stack: Stack,
) -> None:
    lines = [
        line
        for name in ("web", "worker", "benchmarks", "scheduler")
        for line in stack.log_lines(name)
    ]
    assert {"event", "level", "logger", "timestamp"} <= set(lines[0])
    about_pulse = {line["event"] for line in lines if line.get("task") == "core.pulse"}
    assert not about_pulse & {"task_enqueued", "task_started", "task_succeeded"}
