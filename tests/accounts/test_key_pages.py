"""Keys and usage on pages and over the account API: the same, and for the same."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from apps.accounts.domain.keys import KEY_PATTERN, Scope
from apps.accounts.models import ApiKey
from apps.accounts.selectors.usage import get_usage
from apps.accounts.selectors.workspaces import get_viewer
from apps.accounts.services.usage import store_calls
from apps.accounts.web.usage import draw
from tests.accounts.cast import NOW
from tests.accounts.keys import READ, bearer, clock, give_tier, new_key
from tests.accounts.test_usage_records import make_call

if TYPE_CHECKING:
    from django.test import Client

    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db
FORM = {"name": "Nightly", "power": "ro", "scopes": ["read"], "life": "90"}


def page(cast: Cast, part: str = "keys/") -> str:
    return f"/workspaces/{cast.workspace.id}/{part}"


def api(cast: Cast, part: str = "keys/") -> str:
    return f"/api/account/workspaces/{cast.workspace.id}/{part}"


def test_a_key_is_shown_once_with_an_example(client: Client, cast: Cast) -> None:
    client.force_login(cast.owner)
    response = client.post(page(cast), FORM)
    (secret, again) = re.findall(KEY_PATTERN, response.content.decode())
    assert (response.status_code, secret) == (201, again)
    assert "no-store" in response.headers["Cache-Control"]
    key = ApiKey.objects.get()
    text = client.get(page(cast)).content.decode()
    assert secret not in text
    assert f"assay_ro_…{key.last_four}" in text
    assert client.get(READ, headers=bearer(secret)).status_code == 200


def test_a_form_says_what_is_wrong_and_makes_nothing(
    client: Client, cast: Cast
) -> None:
    client.force_login(cast.teammate)
    wrong = FORM | {"scopes": ["read", "runs:write"]}
    response = client.post(page(cast), wrong)
    assert response.status_code == 422
    assert "A key that only reads cannot have runs:write." in response.content.decode()
    admins = FORM | {"power": "rw", "scopes": ["account:write"]}
    assert "Only administrators" in client.post(page(cast), admins).content.decode()
    assert not ApiKey.objects.exists()


def test_a_key_is_renamed_rotated_and_revoked_on_its_page(
    client: Client, cast: Cast
) -> None:
    client.force_login(cast.owner)
    made = new_key(cast)
    mine = page(cast, f"keys/{made.id}/")
    client.post(f"{mine}rename/", {"name": "Weekly"})
    assert "Weekly" in client.get(mine).content.decode()
    rotated = client.post(f"{mine}rotate/", {"overlap": "24"})
    assert len(set(re.findall(KEY_PATTERN, rotated.content.decode()))) == 1
    assert client.post(f"{mine}revoke/", {}).status_code == 422
    assert ApiKey.objects.get(pk=made.id).revoked_at is None
    assert client.post(f"{mine}revoke/", {"sure": "on"}).status_code == 302
    assert ApiKey.objects.get(pk=made.id).revoked_at is not None


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("owner", 200),
        ("admin", 200),
        ("member", 200),
        ("viewer", 403),
        ("stranger", 404),
    ],
)
def test_keys_are_for_those_who_may_make_them(
    client: Client, cast: Cast, who: str, status: int
) -> None:
    made = new_key(cast)
    client.force_login(cast.everyone[who])
    assert client.get(page(cast)).status_code == status
    assert client.get(api(cast)).status_code == status
    assert client.get(api(cast, f"keys/{made.id}/")).status_code == status


def test_usage_is_for_every_member(client: Client, cast: Cast) -> None:
    for who, person in cast.everyone.items():
        client.force_login(person)
        status = 404 if who == "stranger" else 200
        for address in ("usage/", "usage.json", "usage.csv"):
            assert client.get(page(cast, address)).status_code == status
        assert client.get(api(cast, "usage/")).status_code == status


def test_the_api_makes_lists_renames_rotates_and_revokes(
    client: Client, cast: Cast
) -> None:
    client.force_login(cast.owner)
    asked = {"name": "CI", "power": "rw", "scopes": ["read", "runs:write"]}
    kind = "application/json"
    made = client.post(api(cast), asked, content_type=kind)
    body = made.json()
    assert (made.status_code, body["state"]) == (201, "active")
    assert re.fullmatch(KEY_PATTERN, body["secret"])
    mine = api(cast, f"keys/{body['id']}/")
    listed = client.get(api(cast)).json()
    assert [one["id"] for one in listed] == [body["id"]]
    assert "secret" not in listed[0]
    renamed = client.patch(mine, {"name": "CD"}, content_type=kind)
    assert renamed.json()["name"] == "CD"
    rotated = client.post(f"{mine}rotate/", {}, content_type=kind).json()
    assert rotated["id"] != body["id"]
    assert client.delete(mine).status_code == 204
    assert client.get(mine).json()["state"] == "revoked"


def test_the_api_passes_over_nothing_that_it_does_not_take(
    client: Client, cast: Cast
) -> None:
    client.force_login(cast.owner)
    asked = {"name": "CI", "power": "rw", "scopes": ["read"], "digest": "0" * 64}
    response = client.post(api(cast), asked, content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (422, "invalid_input")
    assert "digest" in response.json()["detail"]
    assert not ApiKey.objects.exists()


def test_a_key_reads_the_account_and_no_keys(client: Client, cast: Cast) -> None:
    headers = bearer(new_key(cast).secret)
    mine = client.get("/api/account/workspaces/", headers=headers).json()
    assert [one["id"] for one in mine] == [str(cast.workspace.id)]
    assert client.get(api(cast, "usage/"), headers=headers).status_code == 200
    asked = {"name": "CI", "power": "rw", "scopes": ["read"]}
    kind = "application/json"
    for refusal in (
        client.get(api(cast), headers=headers),
        client.post(api(cast), asked, content_type=kind, headers=headers),
    ):
        assert refusal.status_code == 403
        assert refusal.json()["detail"] == "A key cannot manage keys: sign in."
    theirs = f"/api/account/workspaces/{cast.stranger.personal_workspace.id}/"
    for part in ("", "keys/", "usage/"):
        assert client.get(theirs + part, headers=headers).status_code == 404


def test_a_key_without_the_scope_does_not_read_the_account(
    client: Client, cast: Cast
) -> None:
    headers = bearer(new_key(cast, scopes=[Scope.READ]).secret)
    response = client.get("/api/account/workspaces/", headers=headers)
    assert (response.status_code, response.json()["code"]) == (403, "scope_missing")


def use(cast: Cast) -> None:
    key_id = new_key(cast).id
    at, mine = clock(), cast.workspace.id
    store_calls(
        [make_call(mine, at=at, key_id=key_id) for _ in range(3)]
        + [make_call(mine, at=at - timedelta(days=2), key_id=key_id, status=429)]
        + [make_call(mine, at=at, key_id=None, route="/api/v1/suites", status=500)]
        + [make_call(cast.stranger.personal_workspace.id, at=at)]
    )


def test_usage_adds_up_the_same_everywhere(client: Client, cast: Cast) -> None:
    use(cast)
    client.force_login(cast.viewer)
    twin = client.get(page(cast, "usage.json")).json()
    assert [twin[n] for n in ("calls", "refused", "limited", "failed")] == [5, 1, 1, 1]
    assert (twin["step"], len(twin["steps"])) == ("day", 8)
    over = client.get(api(cast, "usage/")).json()
    assert over["lines"] == twin["lines"]
    assert [line["calls"] for line in twin["lines"]] == [4, 1]
    assert twin["lines"][0]["key"].startswith("Nightly (…")
    rows = list(
        csv.DictReader(
            io.StringIO(client.get(page(cast, "usage.csv")).content.decode())
        )
    )
    assert [(row["route"], row["calls"]) for row in rows] == [
        ("/api/v1/runs", "4"),
        ("/api/v1/suites", "1"),
    ]
    text = client.get(page(cast, "usage/")).content.decode()
    assert "5 calls, of which 1 refused (1 past the limit) and 1 failed." in text


def test_a_drawing_has_a_bar_for_every_step(cast: Cast) -> None:
    mine, viewer = cast.workspace.id, get_viewer(cast.owner, NOW)
    calls = [make_call(mine)] * 3 + [make_call(mine, status=404)]
    store_calls(calls)
    usage = get_usage(viewer, mine, period="1d", now=NOW)
    bars = draw(usage)
    assert (usage.step, len(bars)) == ("hour", 25)
    assert (bars[-1].good_height, bars[-1].bad_height) == (120, 40)
    assert (bars[-1].top, bars[-1].bad_top) == (40, 0)
    assert all(bar.good_height == bar.bad_height == 0 for bar in bars[:-1])


def test_the_page_warns_of_an_hour_that_fills_up(client: Client, cast: Cast) -> None:
    give_tier(cast.workspace.id, "pro", sets_calls=True, calls_per_hour=5)
    secret = new_key(cast).secret
    client.force_login(cast.owner)
    said = []
    for _ in range(5):
        client.get(READ, headers=bearer(secret))
        said.append(client.get(page(cast, "usage/")).content.decode())
    assert "4 of 5 calls used in the last hour" in said[3]
    assert ["% of this hour" in text for text in said] == [False] * 3 + [True, False]
    assert "The limit of this hour is reached" in said[4]


@pytest.mark.parametrize("part", ["", "members/", "keys/", "credentials/", "usage/"])
def test_every_page_of_a_workspace_warns_its_members_of_an_hour_that_fills_up(
    client: Client, cast: Cast, part: str
) -> None:
    give_tier(cast.workspace.id, "pro", sets_calls=True, calls_per_hour=5)
    secret = new_key(cast).secret
    client.force_login(cast.teammate)
    assert "of this hour" not in client.get(page(cast, part)).text
    for _ in range(4):
        client.get(READ, headers=bearer(secret))
    assert "80 % of this hour’s calls are used:</strong> 1 are left." in (
        client.get(page(cast, part)).text
    )


def test_a_period_that_there_is_not_is_refused(client: Client, cast: Cast) -> None:
    client.force_login(cast.owner)
    assert client.get(page(cast, "usage.json?period=2d")).status_code == 422
    assert client.get(api(cast, "usage/?period=2d")).status_code == 422
