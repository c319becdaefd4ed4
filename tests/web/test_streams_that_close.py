"""Who may not see a run any more is not sent it any more."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from websockets.exceptions import ConnectionClosed

from apps.accounts.domain.audit import Actor
from apps.accounts.models import Membership
from apps.accounts.selectors.workspaces import get_viewer
from apps.accounts.services.keys import revoke_key
from apps.core.live import publish
from tests.accounts.cast import Cast, make_cast
from tests.accounts.keys import bearer, clock, give_tier, new_key
from tests.web import cast
from tests.web.test_streams import PATIENCE, hear, read_events, watch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from websockets.sync.client import ClientConnection

    from tests.web.server import RunningServer


def start_theirs() -> tuple[Cast, UUID]:
    people = make_cast()
    give_tier(people.workspace.id, "pro")
    version_id, model_id = cast.make_suite(), cast.make_model()
    run_id = cast.make_run(version_id, model_id, workspace_id=people.workspace.id)
    return people, run_id


def state_of(run_id: UUID, done: int) -> dict[str, object]:
    return {"run": str(run_id), "status": "running", "done": done}


def cookie_of(client: Client) -> str:
    return f"sessionid={client.cookies['sessionid'].value}"


def hear_the_end(
    connection: ClientConnection, run_id: UUID, topic: str = ""
) -> int | None:
    """Keep the run, or another topic, moving until the socket closes; its code."""
    deadline = time.monotonic() + PATIENCE
    for done in range(1000):
        assert time.monotonic() < deadline
        publish(topic or f"run:{run_id}", state_of(run_id, done))
        try:
            hear(connection)
        except ConnectionClosed:
            break
    return connection.close_code


def move_to_the_end(
    events: Iterator[tuple[str, dict[str, Any]]], run_id: UUID
) -> tuple[str, dict[str, Any]]:
    """Keep the run moving until its stream ends; return the last event."""
    deadline = time.monotonic() + PATIENCE
    for done in range(1000):
        assert time.monotonic() < deadline
        publish(f"run:{run_id}", state_of(run_id, done))
        event = next(events)
        if event[0] != "progress":
            assert list(events) == []
            return event
    raise AssertionError("It never ended.")


def test_a_stream_ends_when_its_key_is_revoked(server: RunningServer) -> None:
    people, run_id = start_theirs()
    key = new_key(people)
    address = f"{server.url}/api/v1/runs/{run_id}/events"
    with httpx.stream(
        "GET", address, headers=bearer(key.secret), timeout=PATIENCE
    ) as response:
        events = read_events(response)
        assert next(events)[0] == "progress"
        revoke_key(
            viewer=get_viewer(people.owner, clock()),
            workspace_id=people.workspace.id,
            key_id=key.id,
            actor=Actor(),
            now=clock(),
        )
        name, problem = move_to_the_end(events, run_id)
    assert (name, problem["status"], problem["code"]) == ("error", 401, "key_revoked")


def test_a_stream_ends_when_its_session_does(server: RunningServer) -> None:
    people, run_id = start_theirs()
    client = Client()
    client.force_login(people.viewer)
    address, headers = f"/api/v1/runs/{run_id}/events", {"Cookie": cookie_of(client)}
    with httpx.stream(
        "GET", f"{server.url}{address}", headers=headers, timeout=PATIENCE
    ) as response:
        events = read_events(response)
        assert next(events)[0] == "progress"
        Session.objects.all().delete()
        name, problem = move_to_the_end(events, run_id)
    assert (name, problem["status"]) == ("error", 401)


@pytest.mark.parametrize(
    ("what", "code"), [("member", 4404), ("session", 4403), ("person", 4403)]
)
def test_a_socket_closes_when_who_watches_may_not_any_more(
    server: RunningServer, what: str, code: int
) -> None:
    people, run_id = start_theirs()
    client = Client()
    client.force_login(people.viewer)
    path = f"/ws/runs/{run_id}/"
    with watch(server, path, cookie=cookie_of(client)) as connection:
        assert hear(connection)["first"]
        if what == "member":
            Membership.objects.filter(
                workspace=people.workspace, user=people.viewer
            ).delete()
        elif what == "session":
            client.logout()
        else:
            people.viewer.is_active = False
            people.viewer.save()
        assert hear_the_end(connection, run_id) == code


def test_a_member_who_stays_is_sent_all_of_it(server: RunningServer) -> None:
    people, run_id = start_theirs()
    client = Client()
    client.force_login(people.viewer)
    path = f"/ws/runs/{run_id}/"
    with watch(server, path, cookie=cookie_of(client)) as connection:
        hear(connection)
        for done in range(6):
            publish(f"run:{run_id}", state_of(run_id, done))
            assert hear(connection)["data"] == state_of(run_id, done)
            time.sleep(0.25)  # longer in all than one look lasts
