from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory

from apps.core.web.errors import bad_request, server_error

if TYPE_CHECKING:
    from django.http import HttpResponse

pytestmark = pytest.mark.django_db


def test_an_address_that_leads_nowhere_gets_a_page(client: Client) -> None:
    response = client.get("/nowhere/")
    assert response.status_code == 404
    assert "<h1>Not Found</h1>" in response.content.decode()
    assert "text/html" in response.headers["Content-Type"]


@pytest.mark.parametrize("address", ["/api/v1/nowhere", "/nowhere.json", "/x.csv"])
def test_a_program_gets_a_problem(client: Client, address: str) -> None:
    response = client.get(address)
    body = response.json()
    assert response.status_code == body["status"] == 404
    assert response.headers["Content-Type"] == "application/problem+json"
    assert body["code"] == "not_found"


@pytest.mark.parametrize(
    "address",
    [
        "/?period=%00",
        "/runs/?suite=%00",
        "/runs.json?suite=a%00b",
        "/runs.csv?suite=%00",
        "/api/v1/runs?suite=%00",
        "/api/v1/leaderboard?suite=%00",
        "/api/v1/models?provider=%00",
        "/models/?provider=%00",
        "/models.json?provider=%1b",
        "/suites/?%00=1",
    ],
)
def test_control_characters_in_an_address_are_refused(
    client: Client, address: str
) -> None:
    response = client.get(address)
    assert response.status_code == 422
    assert "control characters" in response.content.decode()


def test_a_bug_is_answered_without_database_or_session() -> None:
    request = RequestFactory().get("/")
    response = server_error(request)
    assert response.status_code == 500
    assert "Internal Server Error" in response.content.decode()
    assert "Sign in" not in response.content.decode()


@pytest.mark.parametrize("address", ["/api/v1/runs", "/runs.json"])
def test_a_bug_is_a_problem_for_a_program(address: str) -> None:
    response = server_error(RequestFactory().get(address))
    assert response.headers["Content-Type"] == "application/problem+json"
    assert b"server_error" in response.content


def test_a_forged_host_is_refused_with_a_page(client: Client) -> None:
    response = client.get("/", headers={"Host": "evil.example"})
    assert response.status_code == 400
    assert "evil.example" not in response.content.decode()


def test_a_bad_request_keeps_the_theme() -> None:
    request = RequestFactory().get("/")
    request.COOKIES["theme"] = "dark"
    response: HttpResponse = bad_request(request, OperationalError())
    assert 'data-theme="dark"' in response.content.decode()


@pytest.mark.parametrize("version", ["2147483648", "99999999999", "9" * 5000, "0"])
def test_a_number_out_of_bounds_is_refused_whole(client: Client, version: str) -> None:
    response = client.get(f"/leaderboard/starter.json?version={version}")
    assert response.status_code == 422
    assert "from 1 to 2147483647" in response.json()["detail"]
