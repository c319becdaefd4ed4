from __future__ import annotations

import os
import re
import signal
import socket
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest

from tests.servers.cast import (
    holder,
    is_alive,
    is_stopped,
    state_of,
    tiny_up,
    wait_until,
)

if TYPE_CHECKING:
    from apps.core.servers.layout import Layout
    from tests.servers.cast import Program


def opened_url(service: Program) -> str:
    """Return the address that the service prints when it is ready."""
    found = re.search(r"http://localhost:\d+", service.line_with("Assay runs at"))
    assert found
    return found.group()


def children_of(pid: int) -> list[int]:
    """Return the living children of a process."""
    pids = (int(name) for name in os.listdir("/proc") if name.isdigit())  # noqa: PTH208
    return [each for each in pids if parent_of(each) == pid and is_alive(each)]


def parent_of(pid: int) -> int | None:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:  # noqa: PTH123
            return int(stat.read().rpartition(") ")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return None


def test_a_service_answers_at_the_address_that_it_prints(layout: Layout) -> None:
    with tiny_up(layout) as service:
        url = opened_url(service)
        assert service.line() == "a word at the end\n"
        with urllib.request.urlopen(url) as page:
            assert page.status == 200


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything_in_order(
    layout: Layout, number: signal.Signals
) -> None:
    with tiny_up(layout) as service:
        opened_url(service)
        below = children_of(service.process.pid)
        service.send(number)
        service.line_with("Stop web")
        service.line_with("Stop Valkey")
        service.line_with("Stop PostgreSQL")
        assert service.end() == 0
        assert len(below) == 3  # two keepers and the web server
        assert not any(is_alive(pid) for pid in below)
        assert is_stopped(layout, "postgres")
        assert is_stopped(layout, "valkey")


def test_a_service_whose_terminal_is_gone_stops_in_order(layout: Layout) -> None:
    with tiny_up(layout) as service:
        opened_url(service)
        below = children_of(service.process.pid)
        assert service.process.stdout
        service.process.stdout.close()
        service.send(signal.SIGHUP)
        service.process.wait(timeout=30)
        assert not any(is_alive(pid) for pid in below)
        assert is_stopped(layout)
    log = (layout.logs / "postgres.log").read_text()
    assert "received fast shutdown request" in log


def test_a_signal_whose_exception_is_lost_stops_it_all_the_same(layout: Layout) -> None:
    with tiny_up(layout, "lossy") as service:
        opened_url(service)
        service.line_with("KeyboardInterrupt")  # Python tells that it dropped it
        service.line_with("Stop PostgreSQL")
        assert service.end() == 0
        assert is_stopped(layout)


def test_who_asks_twice_need_not_wait(layout: Layout) -> None:
    with tiny_up(layout, "deaf") as service:
        opened_url(service)
        wait_until(lambda: (layout.logs / "deaf.log").read_text() == "deaf\n")
        below = children_of(service.process.pid)
        service.send(signal.SIGINT)
        service.line_with("… Stop web, deaf")
        service.send(signal.SIGINT)
        service.line_with("Stop PostgreSQL")
        assert service.end() == 0
        assert len(below) == 4
        assert not any(is_alive(pid) for pid in below)


def test_with_both_addresses_given_no_server_is_started(layout: Layout) -> None:
    elsewhere = {"DATABASE_URL": "postgresql://db/x", "REDIS_URL": "redis://kv"}
    with tiny_up(layout, env=elsewhere) as service:
        service.line_with("Use PostgreSQL of DATABASE_URL")
        service.line_with("Use Valkey of REDIS_URL")
        opened_url(service)
        assert len(children_of(service.process.pid)) == 1
        assert is_stopped(layout, "postgres")


def test_a_second_service_names_the_first(layout: Layout) -> None:
    with tiny_up(layout) as first:
        url = opened_url(first)
        with tiny_up(layout) as second:
            assert second.line() == f"already running at {url}\n"
            assert second.end() == 1
        with urllib.request.urlopen(url) as page:
            assert page.status == 200


def test_nothing_outlives_a_killed_service(layout: Layout) -> None:
    with tiny_up(layout) as service:
        opened_url(service)
        below = children_of(service.process.pid)
        servers = [state_of(layout, name).pid for name in ("postgres", "valkey")]
        service.send(signal.SIGKILL)
        everything = [*below, *servers]
        took = wait_until(lambda: not any(is_alive(pid) for pid in everything))
    assert took < 3
    with tiny_up(layout) as service:
        opened_url(service)


def test_a_dead_process_is_started_again_and_said(layout: Layout) -> None:
    with tiny_up(layout) as service:
        url = opened_url(service)
        keepers = {state_of(layout, name).keeper for name in ("postgres", "valkey")}
        (web,) = set(children_of(service.process.pid)) - keepers
        os.kill(web, signal.SIGKILL)
        said = service.line_with("web")
        assert "web was ended by signal 9; starting again in 0.25 s" in said
        wait_until(lambda: answers(url))


def test_a_dead_server_is_started_again_and_said(layout: Layout) -> None:
    with tiny_up(layout) as service:
        opened_url(service)
        os.kill(state_of(layout, "valkey").pid, signal.SIGKILL)
        assert "Valkey died and was started again" in service.line_with("Valkey")


def test_a_dead_keeper_is_replaced_and_said(layout: Layout) -> None:
    with tiny_up(layout) as service:
        opened_url(service)
        killed = state_of(layout, "postgres")
        os.kill(killed.keeper, signal.SIGKILL)
        assert "keeper of PostgreSQL died" in service.line_with("PostgreSQL")
        wait_until(lambda: not is_alive(killed.pid))
        with holder(layout) as command:
            assert command.line().startswith("postgresql:///assay?host=")


def test_a_taken_port_is_passed_over_and_said(layout: Layout) -> None:
    with take_port(8000), tiny_up(layout) as service:
        said = service.line_with("port 8000 is in use; taking ")
        port = said.split()[-1]
        assert opened_url(service) == f"http://localhost:{port}"


def take_port(port: int) -> socket.socket:
    """Listen there, as soon as a service of a test beside this one lets go of it.

    Whoever has it for longer, such as a service that is in use, keeps it taken.
    """
    deadline = time.monotonic() + 20
    while True:
        try:
            return socket.create_server(("127.0.0.1", port))
        except OSError:
            if time.monotonic() > deadline:
                return socket.socket()
            time.sleep(0.05)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url):
            return True
    except urllib.error.URLError:
        return False
