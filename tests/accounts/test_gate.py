"""Keys at the gate of the public API: what opens, what does not, and how it is said."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from apps.accounts.domain.audit import SYSTEM
from apps.accounts.domain.keys import KeyPower, Scope, make_key
from apps.accounts.models import ApiKey
from apps.accounts.selectors.workspaces import get_viewer
from apps.accounts.services.keys import revoke_key
from tests.accounts.keys import READ, bearer, clock, forget_copies, give_tier, new_key

if TYPE_CHECKING:
    from django.test import Client

    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db
NOBODYS = make_key(KeyPower.READ_WRITE, 12345)


def refused(client: Client, address: str = READ, **headers: str) -> tuple[int, str]:
    response = client.get(address, headers=headers)
    body = response.json()
    assert response.headers["Content-Type"] == "application/problem+json"
    assert body["status"] == response.status_code
    if response.status_code == 401:
        challenge = response.headers["WWW-Authenticate"]
        assert challenge.startswith('Bearer realm="Assay", error="invalid_token"')
    return response.status_code, body["code"]


def test_a_key_opens_by_either_header(client: Client, cast: Cast) -> None:
    secret = new_key(cast).secret
    assert client.get(READ, headers=bearer(secret)).status_code == 200
    assert client.get(READ, headers={"X-API-Key": secret}).status_code == 200
    both = bearer(secret) | {"X-API-Key": secret}
    assert client.get(READ, headers=both).status_code == 200
    lower = {"Authorization": f"bearer  {secret} "}
    assert client.get(READ, headers=lower).status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        "",
        " ",
        "x",
        NOBODYS,
        NOBODYS[:-1] + "0",
        NOBODYS.lower(),
        NOBODYS.replace("assay_", "ASSAY_"),
        f"{NOBODYS},{NOBODYS}",
        f"{NOBODYS}\x00",
        "assay_rw_" + "é" * 33,
        "assay_rw_" + "0" * 50_000,
        "' OR 1=1 --",
    ],
)
def test_a_wrong_key_is_never_taken_for_a_visitor(
    client: Client, cast: Cast, sent: str
) -> None:
    assert refused(client, **{"X-API-Key": sent}) == (401, "key_invalid")
    assert refused(client, Authorization=f"Bearer {sent}") == (401, "key_invalid")


@pytest.mark.parametrize("sent", ["", "Basic YTpi", NOBODYS, f"Token {NOBODYS}", "x"])
def test_another_kind_of_authorization_is_refused(client: Client, sent: str) -> None:
    assert refused(client, Authorization=sent) == (401, "key_invalid")


def test_two_keys_that_differ_are_refused(client: Client, cast: Cast) -> None:
    secret = new_key(cast).secret
    headers = bearer(secret) | {"X-API-Key": NOBODYS}
    assert refused(client, **headers) == (400, "keys_conflict")


@pytest.mark.django_db(transaction=True)
def test_a_revoked_key_is_refused_at_once(client: Client, cast: Cast) -> None:
    """Its copy, which the first call left in Redis, does not outlive it."""
    key = new_key(cast)
    assert client.get(READ, headers=bearer(key.secret)).status_code == 200
    revoke_key(
        viewer=get_viewer(cast.owner, clock()),
        workspace_id=cast.workspace.id,
        key_id=key.id,
        actor=SYSTEM,
        now=clock(),
    )
    assert refused(client, **bearer(key.secret)) == (401, "key_revoked")


def test_what_only_the_database_was_told_counts_when_the_copy_has_lapsed(
    client: Client, cast: Cast
) -> None:
    key = new_key(cast)
    assert client.get(READ, headers=bearer(key.secret)).status_code == 200
    ApiKey.objects.filter(pk=key.id).update(revoked_at=clock())
    forget_copies()
    assert refused(client, **bearer(key.secret)) == (401, "key_revoked")


def test_a_key_expires_to_the_second(client: Client, cast: Cast) -> None:
    key = new_key(cast, expires_at=clock() + timedelta(hours=1))
    assert client.get(READ, headers=bearer(key.secret)).status_code == 200
    ApiKey.objects.filter(pk=key.id).update(expires_at=clock())
    forget_copies()
    assert refused(client, **bearer(key.secret)) == (401, "key_expired")


@pytest.mark.parametrize(
    ("networks", "status"),
    [
        (["127.0.0.0/8"], 200),
        (["127.0.0.1"], 200),
        (["::ffff:0:0/96"], 200),
        (["192.0.2.0/24", "127.0.0.0/24"], 200),
        (["192.0.2.0/24"], 401),
        (["::1"], 401),
    ],
)
def test_an_allow_list_lets_its_networks_in_alone(
    client: Client, cast: Cast, networks: list[str], status: int
) -> None:
    give_tier(cast.workspace.id, "enterprise")
    secret = new_key(cast, networks=networks).secret
    response = client.get(READ, headers=bearer(secret))
    assert response.status_code == status
    if status == 401:
        assert response.json()["code"] == "key_address"


def test_a_forged_forwarded_address_opens_nothing(client: Client, cast: Cast) -> None:
    give_tier(cast.workspace.id, "enterprise")
    secret = new_key(cast, networks=["192.0.2.0/24"]).secret
    headers = bearer(secret) | {"X-Forwarded-For": "192.0.2.7"}
    assert refused(client, **headers) == (401, "key_address")


def test_a_missing_scope_is_named(client: Client, cast: Cast) -> None:
    secret = new_key(cast, scopes=[Scope.ACCOUNT_READ]).secret
    response = client.get(READ, headers=bearer(secret))
    assert (response.status_code, response.json()["code"]) == (403, "scope_missing")
    assert response.json()["detail"] == "This key does not have the scope read."
    assert response.headers["WWW-Authenticate"] == (
        'Bearer realm="Assay", error="insufficient_scope", scope="read"'
    )


def test_a_key_that_only_reads_writes_nothing(client: Client, cast: Cast) -> None:
    secret = new_key(cast, power=KeyPower.READ_ONLY, scopes=[Scope.READ]).secret
    response = client.post("/api/v1/runs", {}, headers=bearer(secret))
    assert (response.status_code, response.json()["code"]) == (403, "scope_missing")


def test_pages_take_no_notice_of_keys(client: Client) -> None:
    assert client.get("/about/", headers=bearer(NOBODYS)).status_code == 200
    assert client.get("/models.json", headers=bearer(NOBODYS)).status_code == 200
