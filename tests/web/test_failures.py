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
