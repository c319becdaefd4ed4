"""What pages of other sites may read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.accounts.keys import READ

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db
ACCOUNT = "/api/account/workspaces/"
ANY = "https://notebook.example"
LISTED = "https://app.example"


@pytest.fixture(autouse=True)
def _listed(settings: Settings) -> None:
    settings.CORS_ORIGINS = [LISTED]


def asked(client: Client, address: str, origin: str, method: str) -> dict[str, str]:
    headers = {"Origin": origin, "Access-Control-Request-Method": method}
    response = client.options(address, headers=headers)
    assert response.status_code == 204
    return {
        name: value
        for name, value in response.headers.items()
        if name.startswith("Access-Control")
    }


def test_public_reads_are_open_to_any_origin_without_credentials(
    client: Client,
) -> None:
    response = client.get(READ, headers={"Origin": ANY})
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in response.headers
    exposed = response.headers["Access-Control-Expose-Headers"].split(", ")
    assert {"RateLimit", "RateLimit-Policy", "Retry-After"} <= set(exposed)
    assert "Origin" in response.headers["Vary"]


def test_a_refusal_can_be_read_too(client: Client) -> None:
    headers = {"Origin": ANY, "X-API-Key": "wrong"}
    response = client.get(READ, headers=headers)
    assert response.status_code == 401
    assert response.headers["Access-Control-Allow-Origin"] == "*"


def test_a_page_of_any_origin_may_ask_for_reads_without_a_key(client: Client) -> None:
    allowed = asked(client, READ, ANY, "GET")
    assert allowed["Access-Control-Allow-Origin"] == "*"
    assert allowed["Access-Control-Allow-Methods"] == "GET, HEAD"
    names = allowed["Access-Control-Allow-Headers"]
    assert "authorization" not in names
    assert "x-api-key" not in names


@pytest.mark.parametrize(
    ("address", "method"),
    [(READ, "POST"), (READ, "DELETE"), (ACCOUNT, "GET"), (ACCOUNT, "POST")],
)
def test_nothing_else_is_open_to_any_origin(
    client: Client, address: str, method: str
) -> None:
    assert asked(client, address, ANY, method) == {}
    if method == "GET":
        response = client.get(address, headers={"Origin": ANY})
        assert "Access-Control-Allow-Origin" not in response.headers


@pytest.mark.parametrize(
    ("address", "method"),
    [(READ, "GET"), (READ, "POST"), (ACCOUNT, "GET"), (ACCOUNT, "DELETE")],
)
def test_a_listed_origin_may_do_what_its_user_may(
    client: Client, address: str, method: str
) -> None:
    allowed = asked(client, address, LISTED, method)
    assert allowed["Access-Control-Allow-Origin"] == LISTED
    assert allowed["Access-Control-Allow-Credentials"] == "true"
    assert method in allowed["Access-Control-Allow-Methods"]
    assert "authorization" in allowed["Access-Control-Allow-Headers"]


@pytest.mark.parametrize("origin", ["null", f"{LISTED}.evil.example", "x" * 10_000])
def test_an_origin_that_looks_like_a_listed_one_is_any_origin(
    client: Client, origin: str
) -> None:
    response = client.get(READ, headers={"Origin": origin})
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert asked(client, ACCOUNT, origin, "GET") == {}


def test_pages_are_read_by_no_other_site(client: Client) -> None:
    response = client.get("/models/", headers={"Origin": LISTED})
    assert "Access-Control-Allow-Origin" not in response.headers


def test_a_preflight_is_not_counted(client: Client) -> None:
    for _ in range(3):
        asked(client, READ, ANY, "GET")
    assert client.get(READ).headers["RateLimit"].startswith('"default";r=99;')
