"""Credentials over the account API and on the page of the workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from apps.accounts.models import AuditEvent
from apps.catalog.models import ProviderCredential
from tests.catalog.own import KEY, give_key, make_provider

if TYPE_CHECKING:
    from django.test import Client
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

    from tests.accounts.cast import Cast
    from tests.fakes.llm_server import FakeLLM

pytestmark = pytest.mark.django_db
WRITERS = {"owner", "admin"}


def api_of(cast: Cast, rest: str = "") -> str:
    return f"/api/account/workspaces/{cast.workspace.id}/credentials/{rest}"


def page_of(cast: Cast, rest: str = "") -> str:
    return f"/workspaces/{cast.workspace.id}/credentials/{rest}"


def put(client: Client, cast: Cast, **body: Any) -> Response:
    body = {"key": KEY} | body
    return client.put(api_of(cast, "acme/"), body, content_type="application/json")


def test_a_key_is_stored_and_replaced_and_never_sent_back(
    client: Client, cast: Cast
) -> None:
    make_provider()
    client.force_login(cast.admin)
    first, second = put(client, cast, name="Bridges"), put(client, cast)
    assert (first.status_code, second.status_code) == (201, 200)
    shown = client.get(api_of(cast)).json()
    assert [(one["provider"], one["last_four"]) for one in shown] == [("acme", "WXYZ")]
    assert shown[0]["created_by"] == "admin@example.org"
    assert client.get(api_of(cast, "acme/")).json() == shown[0]
    for answer in (first, second, client.get(api_of(cast)), client.get(page_of(cast))):
        assert KEY not in answer.content.decode()


def test_an_address_of_ones_own_is_not_accepted(client: Client, cast: Cast) -> None:
    make_provider()
    client.force_login(cast.owner)
    for name in ("base_url", "workspace", "last_four"):
        response = put(client, cast, **{name: "http://127.0.0.1/"})
        assert response.status_code == 422
        assert f"{name}: There is no such field." in response.json()["detail"]
    assert not ProviderCredential.objects.exists()


@pytest.mark.parametrize("body", [{"key": "short"}, {"key": None}, {"key": ["x"]}])
def test_a_bad_key_is_a_problem_that_names_it(
    client: Client, cast: Cast, body: dict[str, Any]
) -> None:
    make_provider()
    client.force_login(cast.owner)
    response = put(client, cast, **body)
    assert response.status_code == 422
    assert response.json()["detail"].startswith("key: ")


def test_who_may_not_store_keys_changes_nothing(client: Client, cast: Cast) -> None:
    make_provider()
    give_key(cast.workspace.id)
    for role, person in cast.everyone.items():
        if role in WRITERS:
            continue
        client.force_login(person)
        refused = 404 if role == "stranger" else 403
        for answer in (
            put(client, cast, key="sk-another-0123456789"),
            client.delete(api_of(cast, "acme/")),
            client.post(api_of(cast, "acme/test/")),
            client.post(page_of(cast), {"provider": "acme", "key": "sk-an-0123456789"}),
            client.post(page_of(cast, "acme/remove/")),
            client.post(page_of(cast, "acme/test/")),
        ):
            assert (role, answer.status_code) == (role, refused)
    assert ProviderCredential.objects.get().last_four == "WXYZ"
    assert AuditEvent.objects.count() == 1


def test_every_member_sees_which_keys_there_are(client: Client, cast: Cast) -> None:
    make_provider()
    give_key(cast.workspace.id)
    for role, person in cast.everyone.items():
        client.force_login(person)
        expected = 404 if role == "stranger" else 200
        for address in (api_of(cast), api_of(cast, "acme/"), page_of(cast)):
            assert (role, client.get(address).status_code) == (role, expected)
    client.logout()
    assert client.get(api_of(cast)).status_code == 401
    assert client.get(page_of(cast)).status_code == 302


def test_a_key_is_removed_once(client: Client, cast: Cast) -> None:
    make_provider()
    give_key(cast.workspace.id)
    client.force_login(cast.owner)
    assert client.delete(api_of(cast, "acme/")).status_code == 204
    assert client.delete(api_of(cast, "acme/")).status_code == 404
    assert client.get(api_of(cast, "acme/")).status_code == 404


def test_the_page_stores_tests_and_removes(
    client: Client, cast: Cast, server: FakeLLM
) -> None:
    make_provider(base_url=server.base_url)
    client.force_login(cast.owner)
    form = {"provider": "acme", "key": KEY, "name": "Bridges"}
    page = client.post(page_of(cast), form, follow=True).content.decode()
    assert "The key is stored" in page
    assert "…WXYZ" in page
    page = client.post(page_of(cast, "acme/test/"), follow=True).content.decode()
    assert "acme answered and lists 1 model." in page
    page = client.post(page_of(cast, "acme/remove/"), follow=True).content.decode()
    assert "The key for acme is removed." in page
    assert not ProviderCredential.objects.exists()


def test_a_refused_form_says_why_and_forgets_the_key(
    client: Client, cast: Cast
) -> None:
    make_provider()
    client.force_login(cast.owner)
    bad = "sk-0123456789 abcdef"
    response = client.post(page_of(cast), {"provider": "acme", "key": bad})
    page = response.content.decode()
    assert response.status_code == 422
    assert "without blanks" in page
    assert bad not in page


def test_the_page_is_a_tab_of_the_workspace(client: Client, cast: Cast) -> None:
    client.force_login(cast.viewer)
    page = client.get(f"/workspaces/{cast.workspace.id}/").content.decode()
    assert f'<a href="{page_of(cast)}"' in page
    assert "Owners and admins" in client.get(page_of(cast)).content.decode()


def test_the_admin_shows_no_credential(client: Client, cast: Cast) -> None:
    cast.owner.is_staff = cast.owner.is_superuser = True
    cast.owner.save()
    client.force_login(cast.owner)
    assert "credential" not in client.get("/admin/").content.decode().lower()
