from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
from django.test import Client
from websockets.exceptions import ConnectionClosed

from apps.accounts.models import User
from apps.accounts.selectors.impersonation import SESSION_KEY
from tests.accounts.keys import open_streams
from tests.web import cast
from tests.web.test_streams import PATIENCE, hear, watch

if TYPE_CHECKING:
    from uuid import UUID

    from tests.web.server import RunningServer


def look_as(person: User, operator: User) -> str:
    """The cookie of an operator who looks as a person."""
    client = Client()
    client.force_login(operator)
    address = f"/admin/accounts/user/{person.pk}/see-as/"
    client.post(address, {"reason": "A socket stays silent"})
    assert SESSION_KEY in client.session
    return f"sessionid={client.cookies['sessionid'].value}"


def start_theirs() -> tuple[UUID, User, User]:
    """A run of a workspace, its only member, and an operator who is no member."""
    member = cast.make_person("member@example.org")
    operator = User.objects.create_superuser("op@example.org")
    workspace = cast.make_workspace(member)
    version_id, model_id = cast.make_suite(), cast.make_model()
    run_id = cast.make_run(version_id, model_id, workspace_id=workspace.id)
    return run_id, member, operator


def test_a_socket_listens_as_the_person_and_ends_when_it_is_spoken_to(
    server: RunningServer,
) -> None:
    run_id, member, operator = start_theirs()
    cookie = look_as(member, operator)
    with watch(server, f"/ws/runs/{run_id}/", cookie=cookie) as connection:
        assert hear(connection)["first"]
        connection.send("an order")
        with pytest.raises(ConnectionClosed):
            connection.recv(PATIENCE)
        assert connection.close_code == 4403


def test_a_socket_and_a_stream_show_no_more_than_the_person_sees(
    server: RunningServer,
) -> None:
    run_id, _, operator = start_theirs()
    stranger = cast.make_person("stranger@example.org")
    open_streams()
    cookie = look_as(stranger, operator)
    with watch(server, f"/ws/runs/{run_id}/", cookie=cookie) as connection:
        with pytest.raises(ConnectionClosed):
            connection.recv(PATIENCE)
        assert connection.close_code == 4404
    address = f"{server.url}/api/v1/runs/{run_id}/events"
    answer = httpx.get(address, headers={"Cookie": cookie}, timeout=PATIENCE)
    assert answer.status_code == 404
