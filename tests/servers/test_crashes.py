from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import psycopg
import pytest
import redis

from apps.core.servers.child import Child, Command
from apps.core.servers.locks import FileLock
from apps.core.servers.orphans import claim
from tests.servers.cast import holder, is_alive, is_stopped, state_of, wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from apps.core.servers.layout import Layout


def database_answers(address: str) -> bool:
    try:
        with psycopg.connect(address) as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


def test_a_killed_postmaster_is_started_again(layout: Layout) -> None:
    with holder(layout) as command:
        address, _ = command.line().split()
        killed = state_of(layout, "postgres")
        os.kill(killed.pid, signal.SIGKILL)
        wait_until(lambda: state_of(layout, "postgres").starts == killed.starts + 1)
        assert database_answers(address)
        assert state_of(layout, "postgres").pid != killed.pid


def test_a_killed_valkey_is_started_again_with_its_data(layout: Layout) -> None:
    with holder(layout) as command:
        _, address = command.line().split()
        redis.Redis.from_url(address).set("kept", "7")
        killed = state_of(layout, "valkey")
        os.kill(killed.pid, signal.SIGKILL)
        wait_until(lambda: state_of(layout, "valkey").starts == killed.starts + 1)
        assert redis.Redis.from_url(address).get("kept") == b"7"


def test_a_pid_file_that_names_another_process_is_stale(layout: Layout) -> None:
    server = layout.postgres()
    owner = server.data.stat().st_uid
    user = {"user": owner} if owner != os.geteuid() else {}
    # PostgreSQL itself believes any living process of its own user.
    with subprocess.Popen(["/bin/sleep", "60"], **user) as other:  # type: ignore[call-overload]
        lines = [other.pid, server.data, 1, 5432, server.sockets, "", "1 1", "ready"]
        text = "\n".join(str(line) for line in lines)
        (server.data / "postmaster.pid").write_text(text + "\n")
        with holder(layout) as command:
            address, _ = command.line().split()
            assert database_answers(address)
        assert other.poll() is None
        other.kill()


def test_a_server_started_by_hand_gives_way(layout: Layout) -> None:
    server = layout.postgres()
    foreign = server.start()
    server.await_ready(foreign)
    with holder(layout) as command:
        address, _ = command.line().split()
        assert foreign.exit_code() == 0  # it was asked, not killed
        assert database_answers(address)


def test_a_stuck_orphan_is_killed_for_its_successor(layout: Layout) -> None:
    server = layout.valkey()
    server.prepare()
    with FileLock(layout.locks / "valkey.alive") as lock:
        orphan = server.start(keep_fds=(lock.fd,))
        assert lock.try_exclusive()
        lock.write(str(orphan.pid))
    server.await_ready(orphan)
    os.kill(orphan.pid, signal.SIGSTOP)  # deaf to everything but SIGKILL
    with FileLock(layout.locks / "valkey.alive") as lock:
        claim(lock, server.program, patience=0.2)
        assert orphan.exit_code() == -signal.SIGKILL


def test_a_broken_cluster_is_told_in_one_line(layout: Layout) -> None:
    (layout.postgres().data / "global" / "pg_control").unlink()
    with holder(layout) as command:
        last = command.line_with("PostgreSQL ended")
        assert command.end() != 0
    assert "pg_control" in last
    assert is_stopped(layout)


@pytest.mark.parametrize("watch", [False, True], ids=["kernel", "watcher"])
def test_a_child_dies_with_its_parent(tmp_path: Path, *, watch: bool) -> None:
    script = f"""
import sys, time
from pathlib import Path
from apps.core.servers.child import Child, Command
command = Command(["/bin/sleep", "60"], Path({str(tmp_path / "log")!r}))
child = Child(command, watch={watch})
print(child.pid, flush=True)
time.sleep(60)
"""
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        assert is_alive(pid)
        parent.kill()
        assert wait_until(lambda: not is_alive(pid)) < 3


def test_a_deaf_child_is_stopped_by_force(tmp_path: Path) -> None:
    program = "trap '' TERM; echo deaf; sleep 60 & wait; sleep 60"
    log = tmp_path / "log"
    steps = ((signal.SIGTERM, 0.1),)
    child = Child(Command(["/bin/sh", "-c", program], log, stop_steps=steps))
    wait_until(lambda: log.read_text() == "deaf\n")
    child.stop()
    assert child.exit_code() == -signal.SIGKILL
