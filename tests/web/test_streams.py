from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import Client
from redis import Redis
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from apps.benchmarks.consumers.events import RunEvents
from apps.benchmarks.consumers.live import RunSocket
from apps.benchmarks.domain.specs import Verdict
from apps.benchmarks.models import Run
from apps.benchmarks.selectors.suites import get_tasks
from apps.benchmarks.services.leases import finish_shard
from apps.benchmarks.services.runs import cancel_run
from apps.core.hub import Hub
from apps.core.live import CHANNEL_PREFIX, publish
from tests.accounts.keys import lift_limits, open_streams
from tests.web import cast

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping
    from uuid import UUID

    from apps.benchmarks.services.leases import Lease
    from tests.web.server import RunningServer

PATIENCE = 10.0
NOBODY = "01936b7e-0000-7000-8000-000000000000"


@contextmanager
def watch(
    server: RunningServer, path: str, *, origin: str = "", cookie: str = ""
) -> Iterator[ClientConnection]:
    headers = {"Cookie": cookie} if cookie else {}
    with connect(
        f"{server.sockets}{path}",
        additional_headers=headers,
        origin=Origin(origin or server.url),
        compression=None,
    ) as connection:
        yield connection


def hear(connection: ClientConnection) -> dict[str, Any]:
    frame: dict[str, Any] = json.loads(connection.recv(PATIENCE))
    return frame


def start() -> tuple[UUID, Lease]:
    run_id = cast.make_run(cast.make_suite(), cast.make_model())
    (lease,) = cast.claim(run_id)
    return run_id, lease


def answer(lease: Lease, position: int) -> None:
    task = get_tasks(lease.suite_version_id)[position]
    cast.store(lease, [cast.make_result(task.id, Verdict.PASS)])


def test_a_socket_tells_where_a_run_stands_and_then_how_it_moves(
    server: RunningServer,
) -> None:
    run_id, lease = start()
    with watch(server, f"/ws/runs/{run_id}/") as connection:
        first = hear(connection)
        assert (first["first"], first["data"]["done"]) == (True, 0)
        answer(lease, 0)
        assert hear(connection)["data"]["passed"] == 1
        answer(lease, 1)
        assert hear(connection)["data"]["passed"] == 2


def test_a_leaderboard_socket_tells_of_a_new_revision(server: RunningServer) -> None:
    _, lease = start()
    with watch(server, "/ws/leaderboard/starter/") as connection:
        before = hear(connection)["data"]["revision"]
        answer(lease, 0)
        assert hear(connection)["data"]["revision"] > before


def test_frames_that_come_fast_are_one_frame_with_the_newest_state(
    server: RunningServer,
) -> None:
    run_id, _ = start()
    with watch(server, f"/ws/runs/{run_id}/") as connection:
        hear(connection)
        for done in range(200):
            publish(f"run:{run_id}", {"done": done})
        heard = [hear(connection)["data"]["done"]]
        while heard[-1] != 199:
            heard.append(hear(connection)["data"]["done"])
    assert len(heard) < 20


def test_a_socket_for_nothing_visible_is_closed_with_its_reason(
    server: RunningServer,
) -> None:
    for path in (f"/ws/runs/{NOBODY}/", "/ws/leaderboard/none/"):
        with watch(server, path) as connection:
            with pytest.raises(ConnectionClosed):
                connection.recv(PATIENCE)
            assert connection.close_code == 4404


def test_only_members_watch_a_run_of_a_workspace(server: RunningServer) -> None:
    member, stranger = (cast.make_person(f"{n}@example.org") for n in ("a", "b"))
    workspace = cast.make_workspace(member)
    version_id, model_id = cast.make_suite(), cast.make_model()
    run_id = cast.make_run(version_id, model_id, workspace_id=workspace.id)
    for person, may in ((member, True), (stranger, False)):
        client = Client()
        client.force_login(person)
        cookie = f"sessionid={client.cookies['sessionid'].value}"
        with watch(server, f"/ws/runs/{run_id}/", cookie=cookie) as connection:
            if may:
                assert hear(connection)["first"]
            else:
                with pytest.raises(ConnectionClosed):
                    connection.recv(PATIENCE)


@pytest.mark.parametrize(
    ("path", "origin"),
    [("/ws/leaderboard/starter/", "https://evil.example"), ("/ws/other/", "")],
)
def test_a_foreign_page_and_a_wrong_address_get_no_socket(
    server: RunningServer, path: str, origin: str
) -> None:
    cast.make_suite()
    with pytest.raises(InvalidStatus), watch(server, path, origin=origin):
        pass


def test_what_a_client_says_is_not_read(server: RunningServer) -> None:
    run_id, lease = start()
    with watch(server, f"/ws/runs/{run_id}/") as connection:
        hear(connection)
        for text in ("{", '{"type":"websocket.close"}', "x" * 10_000):
            connection.send(text)
        answer(lease, 0)
        assert hear(connection)["data"]["done"] == 1


class StuckClient:
    """A connection, as a server hands it on, whose client reads nothing."""

    def __init__(self, run_id: UUID) -> None:
        self.scope = {
            "user": AnonymousUser(),
            "url_route": {"kwargs": {"run_id": run_id}},
        }
        self._opened = False

    async def receive(self) -> dict[str, str]:
        if self._opened:
            await asyncio.Event().wait()
        self._opened = True
        return {"type": "websocket.connect"}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] in {"websocket.send", "http.response.body"}:
            await asyncio.Event().wait()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("application", [RunSocket, RunEvents])
def test_a_client_that_does_not_read_is_dropped(
    application: type[RunSocket | RunEvents],
) -> None:
    client, hub = StuckClient(start()[0]), Hub(settings.REDIS_URL)
    open_streams()

    async def serve_it() -> None:
        served = application(hub, patience=0.1)
        async with asyncio.timeout(PATIENCE):
            await served(client.scope, client.receive, client.send)

    asyncio.run(serve_it())
    assert hub.watchers == 0


def read_events(response: httpx.Response) -> Iterator[tuple[str, dict[str, Any]]]:
    name = ""
    for line in response.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


def test_events_tell_a_run_to_its_end_and_then_stop(server: RunningServer) -> None:
    run_id, lease = start()
    open_streams()
    address = f"{server.url}/api/v1/runs/{run_id}/events"
    with httpx.stream("GET", address, timeout=PATIENCE) as response:
        assert response.headers["Content-Type"] == "text/event-stream"
        events = read_events(response)
        assert next(events)[1]["done"] == 0
        answer(lease, 0)
        assert next(events)[1]["done"] == 1
        finish_shard(lease=lease, status="done", now=cast.clock())
        *_, last = events
    assert (last[0], last[1]["status"]) == ("end", "completed")


def test_events_of_a_run_that_is_over_are_its_end(server: RunningServer) -> None:
    run_id, _ = start()
    cancel_run(run_id=run_id, now=cast.clock())
    open_streams()
    address = f"{server.url}/api/v1/runs/{run_id}/events"
    headers = {"Last-Event-ID": "no such event"}
    text = httpx.get(address, headers=headers, timeout=PATIENCE).text
    assert text.startswith("event: end\n")
    assert '"status": "cancelled"' in text


def test_events_of_no_run_are_a_problem(server: RunningServer) -> None:
    open_streams()
    response = httpx.get(f"{server.url}/api/v1/runs/{NOBODY}/events")
    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_events_are_only_read(server: RunningServer, method: str) -> None:
    run_id, _ = start()
    address = f"{server.url}/api/v1/runs/{run_id}/events"
    assert httpx.request(method, address, timeout=PATIENCE).status_code == 405


def test_events_of_a_run_that_vanishes_end(server: RunningServer) -> None:
    run_id, _ = start()
    open_streams()
    address = f"{server.url}/api/v1/runs/{run_id}/events"
    with httpx.stream("GET", address, timeout=PATIENCE) as response:
        events = read_events(response)
        assert next(events)[1]["done"] == 0
        Run.objects.filter(pk=run_id).update(workspace=cast.make_workspace())
        Redis.from_url(settings.REDIS_URL).publish(f"{CHANNEL_PREFIX}run:{run_id}", "")
        ((name, problem),) = events
    assert (name, problem["code"]) == ("error", "not_found")


def test_waiting_clients_keep_no_threads(server: RunningServer) -> None:
    run_id, _ = start()
    open_streams()
    address = f"/api/v1/runs/{run_id}/events"
    request = f"GET {address} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    httpx.get(f"{server.url}/about/")
    before = threading.active_count()
    clients = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(40)]
    for client in clients:
        client.sendall(request)
    for client in clients:
        client.settimeout(PATIENCE)
        assert b"200 OK" in client.recv(4096)
    time.sleep(0.2)
    assert threading.active_count() <= before + 2
    for client in clients:
        client.close()


def test_many_requests_at_once_share_few_connections(server: RunningServer) -> None:
    cast.make_suite()
    lift_limits()
    options: Any = settings.DATABASES["default"]["OPTIONS"]

    def read(_: int) -> int:
        return httpx.get(f"{server.url}/api/v1/suites", timeout=60).status_code

    with ThreadPoolExecutor(60) as pool:
        assert set(pool.map(read, range(120))) == {200}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        )
        assert cursor.fetchone()[0] <= options["pool"]["max_size"]
