from __future__ import annotations

import os
from typing import TYPE_CHECKING

import psycopg
import pytest

from apps.core.errors import UnavailableError
from apps.core.servers.identity import SERVICE_UID, give, server_identity
from apps.core.servers.layout import Layout
from tests.servers.cast import holder, is_stopped, state_of, wait_until

if TYPE_CHECKING:
    from pathlib import Path

SANDBOX_UID = 65533
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes users")


@as_root
def test_for_root_postgresql_runs_as_a_user_of_its_own(layout: Layout) -> None:
    with holder(layout) as command:
        command.line()
        owner = os.stat(f"/proc/{state_of(layout, 'postgres').pid}").st_uid  # noqa: PTH116
        assert owner == SERVICE_UID
        assert owner != SANDBOX_UID
        assert layout.postgres().data.stat().st_mode & 0o777 == 0o700
        assert layout.sockets.stat().st_mode & 0o777 == 0o700


@as_root
def test_a_checkout_in_a_closed_folder_stays_closed(layout: Layout) -> None:
    layout.var.chmod(0o700)
    with holder(layout) as command:
        address, _ = command.line().split()
        with psycopg.connect(address) as connection:
            row = connection.execute("SELECT 1").fetchone()
        assert row == (1,)
        assert layout.var.stat().st_mode & 0o777 == 0o700


@as_root
def test_data_of_an_ordinary_user_keeps_its_owner(tmp_path: Path) -> None:
    data = tmp_path / "postgres"
    data.mkdir()
    os.chown(data, 1234, 1234)
    chosen = server_identity(data)
    assert chosen is not None
    assert chosen.uid == 1234


@as_root
def test_a_socket_folder_that_a_stranger_made_is_refused(tmp_path: Path) -> None:
    planted = tmp_path / "planted"
    planted.symlink_to(tmp_path)
    os.lchown(planted, 1234, 1234)
    with pytest.raises(UnavailableError, match="belongs to the user with uid 1234"):
        give(planted, server_identity(tmp_path))
    assert tmp_path.stat().st_uid == 0


def test_a_deep_folder_has_its_sockets_in_a_short_one(layout: Layout) -> None:
    deep = Layout(layout.var / ("deep" * 25))
    assert len(str(deep.sockets)) < 50
    assert deep.sockets != Layout(layout.var / ("deep" * 26)).sockets
    with holder(deep) as command:
        address, _ = command.line().split()
        assert str(deep.sockets) in address
        with psycopg.connect(address) as connection:
            row = connection.execute("SELECT 1").fetchone()
        assert row == (1,)
    wait_until(lambda: is_stopped(deep) and is_stopped(deep, "valkey"))
    deep.sockets.rmdir()
