from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import psycopg
import pytest
import redis

from apps.core.servers.lease import needs_servers
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


def test_two_commands_share_the_servers_and_the_last_one_out_stops_them(
    layout: Layout,
) -> None:
    with holder(layout) as one, holder(layout) as two:
        assert one.line() == two.line()
        server = state_of(layout, "postgres").pid
        assert one.end() == 0
        assert is_alive(server)
        assert two.end() == 0
        assert not is_alive(server)
    assert is_stopped(layout, "postgres")
    assert is_stopped(layout, "valkey")


def test_a_first_start_makes_the_cluster_and_the_database(
    empty_layout: Layout,
) -> None:
    with holder(empty_layout) as command:
        address, _ = command.line().split()
        with psycopg.connect(address) as connection:
            row = connection.execute("SELECT current_database()").fetchone()
        assert row == ("assay",)


def test_servers_stop_when_their_only_command_is_killed(layout: Layout) -> None:
    with holder(layout) as command:
        command.line()
        command.send(signal.SIGKILL)
        assert wait_until(lambda: is_stopped(layout)) < 3
        wait_until(lambda: is_stopped(layout, "valkey"))


def test_servers_stop_when_command_and_keeper_are_killed_together(
    layout: Layout,
) -> None:
    with holder(layout) as command:
        address, _ = command.line().split()
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
        command.send(signal.SIGKILL)
        for name in ("postgres", "valkey"):
            os.kill(state_of(layout, name).keeper, signal.SIGKILL)
        assert wait_until(lambda: is_stopped(layout)) < 3
    with holder(layout) as command:
        address, _ = command.line().split()
        with psycopg.connect(address) as connection:
            row = connection.execute("SELECT number FROM kept").fetchone()
        assert row == (7,)


def test_a_variable_replaces_only_its_server(layout: Layout) -> None:
    with holder(layout, env={"DATABASE_URL": "postgresql://elsewhere/x"}) as command:
        database, broker = command.line().split()
        assert database == "postgresql://elsewhere/x"
        assert redis.Redis.from_url(broker).ping()
        assert is_stopped(layout, "postgres")


def test_a_command_uses_the_servers_of_a_running_service(layout: Layout) -> None:
    with tiny_up(layout) as service:
        service.line_with("Assay runs")
        server = state_of(layout, "postgres").pid
        with holder(layout) as command:
            command.line()
            assert command.end() == 0
        assert state_of(layout, "postgres").pid == server
        assert is_alive(server)


@pytest.mark.parametrize(
    ("words", "needed"),
    [
        ("migrate", True),
        ("check --deploy", True),
        ("check", False),
        ("help", False),
        ("migrate --help", False),
        ("up --port 9000", False),
        ("benchmarks rank table.csv", False),
        ("benchmarks run --suite starter", True),
        ("", False),
    ],
)
def test_only_commands_that_need_servers_start_them(
    words: str,
    needed: bool,  # noqa: FBT001
) -> None:
    assert needs_servers(["manage.py", *words.split()]) is needed
