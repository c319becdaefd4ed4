"""What a workspace is not entitled to any more is not sent to its members any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
from django.test import Client
from websockets.exceptions import ConnectionClosed

from tests.accounts.cast import Cast, make_cast
from tests.accounts.keys import bearer, forget_copies, give_tier, new_key
from tests.web import cast
from tests.web.test_streams import PATIENCE, hear, read_events, watch
from tests.web.test_streams_that_close import (
    cookie_of,
    hear_the_end,
    move_to_the_end,
)

if TYPE_CHECKING:
    from uuid import UUID

    from tests.web.server import RunningServer


def start_private() -> tuple[Cast, UUID]:
    people = make_cast()
    give_tier(people.workspace.id, "enterprise")
    version_id = cast.make_suite(
        slug="theirs", is_public=False, workspace_id=people.workspace.id
    )
    return people, cast.make_run(version_id, cast.make_model())


def withhold(people: Cast) -> None:
    give_tier(people.workspace.id, "enterprise", withheld=["private_suites"])
    forget_copies()


@pytest.mark.parametrize("what", ["runs", "leaderboard"])
def test_a_socket_closes_and_opens_no_more(server: RunningServer, what: str) -> None:
    people, run_id = start_private()
    client = Client()
    client.force_login(people.viewer)
    path = f"/ws/{what}/{run_id if what == 'runs' else 'theirs'}/"
    with watch(server, path, cookie=cookie_of(client)) as connection:
        assert hear(connection)["first"]
        withhold(people)
        topic = "" if what == "runs" else "leaderboard:theirs"
        assert hear_the_end(connection, run_id, topic) == 4404
    with watch(server, path, cookie=cookie_of(client)) as connection:
        with pytest.raises(ConnectionClosed):
            connection.recv(PATIENCE)
        assert connection.close_code == 4404


@pytest.mark.parametrize("by", ["key", "session"])
def test_a_stream_ends_and_begins_no_more(server: RunningServer, by: str) -> None:
    people, run_id = start_private()
    client = Client()
    client.force_login(people.viewer)
    keyed = bearer(new_key(people).secret)
    headers = keyed if by == "key" else {"Cookie": cookie_of(client)}
    address = f"{server.url}/api/v1/runs/{run_id}/events"
    with httpx.stream("GET", address, headers=headers, timeout=PATIENCE) as response:
        events = read_events(response)
        assert next(events)[0] == "progress"
        withhold(people)
        name, problem = move_to_the_end(events, run_id)
    assert (name, problem["status"]) == ("error", 404)
    assert httpx.get(address, headers=headers, timeout=PATIENCE).status_code == 404
