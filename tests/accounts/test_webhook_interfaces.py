"""Callbacks over the account API and on the page of the workspace."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from apps.accounts.domain.audit import SYSTEM
from apps.accounts.models import AuditEvent, Delivery, WebhookSecret
from apps.accounts.selectors.webhooks import read_secrets
from apps.accounts.services.webhooks import ensure_secret
from tests.accounts.cast import NOW

if TYPE_CHECKING:
    from django.test import Client

    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db


def api_of(cast: Cast, rest: str) -> str:
    return f"/api/account/workspaces/{cast.workspace.id}/webhooks/{rest}"


def page_of(cast: Cast, rest: str = "") -> str:
    return f"/workspaces/{cast.workspace.id}/webhooks/{rest}"


def make_delivery(cast: Cast, number: int = 1, status: str = "failed") -> Delivery:
    return Delivery.objects.create(
        workspace=cast.workspace,
        kind="run.ended",
        reference=f"run:{number}",
        url="https://hooks.example/<b>",
        body="{}",
        status=status,
        attempts=10,
        next_at=NOW if status == "pending" else None,
        last_error="answered 500",
        last_reply="<script>oops",
        created_at=NOW + timedelta(seconds=number),
    )


def test_the_secret_is_for_those_who_keep_credentials(
    client: Client, cast: Cast
) -> None:
    ensure_secret(workspace_id=cast.workspace.id, actor=SYSTEM, now=NOW)
    secret = read_secrets(cast.workspace.id, NOW)[0].secret
    assert secret.startswith("whsec_")
    expected = {"owner": 200, "admin": 200, "member": 403, "viewer": 403}
    for role, person in cast.everyone.items():
        client.force_login(person)
        answer = client.get(api_of(cast, "secrets/"))
        assert (role, answer.status_code) == (role, expected.get(role, 404))
        shown = secret in client.get(page_of(cast)).content.decode()
        assert (role, shown) == (role, expected.get(role) == 200)


def test_a_secret_is_made_and_rotated(client: Client, cast: Cast) -> None:
    client.force_login(cast.admin)
    assert client.get(api_of(cast, "secrets/")).json() == []
    first = client.post(api_of(cast, "secrets/"))
    assert (first.status_code, len(first.json())) == (201, 1)
    assert first.headers["Cache-Control"] == "no-store"
    page = client.post(page_of(cast, "secret/"), follow=True).content.decode()
    assert "The secret before, which signs until" in page
    new, old = client.get(api_of(cast, "secrets/")).json()
    assert old["secret"] == first.json()[0]["secret"] != new["secret"]
    acts = AuditEvent.objects.order_by("id").values_list("act", flat=True)
    assert list(acts) == ["webhook_secret.made", "webhook_secret.rotated"]


def test_the_secret_is_stored_sealed(cast: Cast) -> None:
    ensure_secret(workspace_id=cast.workspace.id, actor=SYSTEM, now=NOW)
    assert not ensure_secret(workspace_id=cast.workspace.id, actor=SYSTEM, now=NOW)
    secret = read_secrets(cast.workspace.id, NOW)[0].secret
    assert secret.encode() not in bytes(WebhookSecret.objects.get().sealed)


def test_deliveries_are_listed_in_pages(client: Client, cast: Cast) -> None:
    made = [str(make_delivery(cast, n).id) for n in range(3)]
    client.force_login(cast.viewer)
    first = client.get(api_of(cast, "deliveries/?limit=2")).json()
    assert [one["id"] for one in first["items"]] == [made[2], made[1]]
    cursor = first["next_cursor"]
    rest = client.get(api_of(cast, f"deliveries/?limit=2&cursor={cursor}")).json()
    assert [one["id"] for one in rest["items"]] == [made[0]]
    assert rest["next_cursor"] is None
    for bad in ("limit=0", "limit=201", "cursor=x"):
        answer = client.get(api_of(cast, f"deliveries/?{bad}"))
        assert answer.status_code == 422


def test_the_page_shows_what_a_receiver_said_as_text(
    client: Client, cast: Cast
) -> None:
    make_delivery(cast)
    client.force_login(cast.viewer)
    page = client.get(page_of(cast)).content.decode()
    assert "&lt;script&gt;oops" in page
    assert "https://hooks.example/&lt;b&gt;" in page
    assert "Send again" not in page
    assert client.get(page_of(cast, "?cursor=x")).status_code == 422


def test_sending_again_is_for_those_who_run(client: Client, cast: Cast) -> None:
    delivery = make_delivery(cast)
    expected = {"viewer": 403, "stranger": 404}
    for role, person in cast.everyone.items():
        client.force_login(person)
        Delivery.objects.update(status="failed", next_at=None)
        for address, done in (
            (api_of(cast, f"deliveries/{delivery.id}/send-again/"), 202),
            (page_of(cast, f"deliveries/{delivery.id}/again/"), 302),
        ):
            Delivery.objects.update(status="failed", next_at=None)
            answer = client.post(address)
            assert (role, answer.status_code) == (role, expected.get(role, done))
            status = Delivery.objects.get().status
            assert status == ("failed" if role in expected else "pending")


def test_what_is_still_tried_is_not_sent_again(client: Client, cast: Cast) -> None:
    delivery = make_delivery(cast, status="pending")
    client.force_login(cast.owner)
    answer = client.post(api_of(cast, f"deliveries/{delivery.id}/send-again/"))
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    address = page_of(cast, f"deliveries/{delivery.id}/again/")
    page = client.post(address, follow=True).content.decode()
    assert "still being tried" in page


def test_who_may_not_rotate_changes_nothing(client: Client, cast: Cast) -> None:
    for person in (cast.teammate, cast.viewer, cast.stranger):
        client.force_login(person)
        for address in (api_of(cast, "secrets/"), page_of(cast, "secret/")):
            assert client.post(address).status_code in {403, 404}
    assert not WebhookSecret.objects.exists()
