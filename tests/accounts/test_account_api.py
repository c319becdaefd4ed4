"""Workspaces, members, invitations and the audit log over the account API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from apps.accounts.domain.audit import SYSTEM, Act
from apps.accounts.models import Invitation, Membership, Workspace
from apps.accounts.services.audit import record
from tests.accounts.access import invitation_of, member_of
from tests.accounts.cast import NOW
from tests.accounts.keys import lift_limits
from tests.accounts.test_members import role_of

if TYPE_CHECKING:
    from apps.accounts.models import User
    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db


class Caller:
    """Somebody who calls the API of the cast's workspace."""

    def __init__(self, cast: Cast, user: User) -> None:
        self.client = Client()
        self.client.force_login(user)
        self.root = f"/api/account/workspaces/{cast.workspace.id}/"

    def __call__(self, method: str, rest: str = "", body: Any = None) -> Any:
        path = rest if rest.startswith("/") else f"{self.root}{rest}"
        call = getattr(self.client, method)
        if method == "get":
            return call(path, body)
        return call(path, body, content_type="application/json")


@pytest.fixture(autouse=True)
def often(db: None) -> None:
    """Let everybody call as often as it takes."""
    lift_limits()


@pytest.fixture
def owner(cast: Cast) -> Caller:
    return Caller(cast, cast.owner)


def test_a_workspace_is_made_renamed_deleted_and_kept(owner: Caller) -> None:
    made = owner("post", "/api/account/workspaces/", {"name": "Tunnels"})
    assert (made.status_code, made.json()["role"]) == (201, "owner")
    place = f"/api/account/workspaces/{made.json()['id']}/"
    assert owner("patch", place, {"name": "Arches"}).json()["name"] == "Arches"
    due = owner("delete", place)
    assert (due.status_code, due.json()["deletion_due_at"] is None) == (202, False)
    assert owner("post", f"{place}keep/").json()["deletion_due_at"] is None


@pytest.mark.parametrize(
    "field", ["id", "role", "owner", "personal_of", "deletion_due_at", "members", "x"]
)
def test_nothing_is_set_that_a_caller_cannot_set(
    cast: Cast, owner: Caller, field: str
) -> None:
    body = {"name": "Tunnels", field: str(cast.stranger.id)}
    for answer in (
        owner("post", "/api/account/workspaces/", body),
        owner("patch", "", body),
    ):
        assert answer.status_code == 422
        assert answer.json()["detail"] == f"{field}: There is no such field."
    workspace = Workspace.objects.get(personal_of=None)
    assert (workspace.name, workspace.personal_of_id) == ("Bridge builders", None)


def test_a_role_is_changed_by_its_name_and_by_nothing_else(
    cast: Cast, owner: Caller
) -> None:
    place = f"members/{member_of(cast, 'member')}/"
    wrong: tuple[Any, ...] = ({"role": "king"}, {"role": None}, {"role": ["x"]}, {}, [])
    for body in wrong:
        assert owner("patch", place, body).status_code == 422
    both = {"role": "viewer", "user": str(cast.stranger.id)}
    assert owner("patch", place, both).status_code == 422
    assert role_of(cast.workspace, cast.teammate) == "member"
    assert owner("patch", place, {"role": "viewer"}).json()["role"] == "viewer"


def test_a_member_is_removed_transferred_to_and_leaves(
    cast: Cast, owner: Caller
) -> None:
    viewer, member = member_of(cast, "viewer"), member_of(cast, "member")
    assert owner("delete", f"members/{viewer}/").status_code == 204
    assert owner("get", f"members/{viewer}/").status_code == 404
    refused = owner("post", "leave/")
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    given = owner("post", "transfer/", {"member_id": str(member)})
    assert given.json()["role"] == "admin"
    assert owner("post", "leave/").status_code == 204
    assert owner("get").status_code == 404


def test_an_invitation_is_made_shown_without_its_link_and_taken_back(
    cast: Cast, owner: Caller
) -> None:
    body = {"email": "New@Example.org", "role": "viewer"}
    made = owner("post", "invitations/", body)
    assert made.status_code == 201
    said = made.json()
    assert (said["email"], said["role"]) == ("new@example.org", "viewer")
    assert set(said) & {"token", "digest", "link"} == set()
    assert owner("post", "invitations/", body).status_code == 409
    place = f"invitations/{said['id']}/"
    assert owner("post", f"{place}resend/").status_code == 409
    assert owner("get", place).json() == said
    assert owner("delete", place).status_code == 204
    assert owner("get", "invitations/").json() == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": ""},
        {"email": "nul\x00@example.org"},
        {"email": "x" * 10_000},
        {"email": "\u0430da@example.org"},
        {"email": "new@example.org", "role": "king"},
        {"email": "new@example.org", "state": "accepted"},
        {"email": "new@example.org", "expires_at": "2099-01-01T00:00:00Z"},
        {"email": {"$ne": ""}},
        [],
        None,
    ],
)
def test_a_bad_invitation_is_refused_in_one_line(
    owner: Caller, body: dict[str, Any]
) -> None:
    answer = owner("post", "invitations/", body)
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "\n" not in answer.json()["detail"]
    assert not Invitation.objects.exists()


def test_an_administrator_makes_no_owner_by_any_way(cast: Cast) -> None:
    invitation_of(cast)
    admin = Caller(cast, cast.admin)
    member = f"members/{member_of(cast, 'member')}/"
    for method, place, body in (
        ("patch", member, {"role": "owner"}),
        ("patch", f"members/{member_of(cast, 'admin')}/", {"role": "owner"}),
        ("patch", f"members/{member_of(cast, 'owner')}/", {"role": "viewer"}),
        ("delete", f"members/{member_of(cast, 'owner')}/", None),
        ("post", "invitations/", {"email": "new@example.org", "role": "owner"}),
        ("post", "transfer/", {"member_id": str(member_of(cast, "member"))}),
    ):
        assert admin(method, place, body).status_code == 403, (method, place)
    owners = Membership.objects.filter(workspace=cast.workspace, role="owner")
    assert [one.user_id for one in owners] == [cast.owner.id]


def write_acts(cast: Cast, count: int) -> None:
    for n in range(count):
        record(
            act=Act.TIER_CHANGED,
            actor=SYSTEM,
            now=NOW,
            workspace_id=cast.workspace.id,
            subject=f"tier {n}",
        )


def test_the_audit_log_is_read_by_pages_without_gap_or_double(
    cast: Cast, owner: Caller
) -> None:
    write_acts(cast, 5)
    seen, cursor = [], None
    while True:
        asked = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = owner("get", "audit/", asked).json()
        seen += [one["subject"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [f"tier {n}" for n in (4, 3, 2, 1, 0)]


def test_the_audit_log_is_filtered(cast: Cast, owner: Caller) -> None:
    write_acts(cast, 1)
    owner("patch", "", {"name": "Arches"})
    for asked, acts in (
        ({}, ["workspace.renamed", "tier.changed"]),
        ({"act": "tier.changed"}, ["tier.changed"]),
        ({"person": "OWNER@"}, ["workspace.renamed"]),
        ({"person": "nobody"}, []),
        ({"since": "2100-01-01T00:00:00Z"}, []),
        ({"until": "2000-01-01T00:00:00Z"}, []),
    ):
        page = owner("get", "audit/", asked).json()
        found = sorted(one["act"] for one in page["items"])
        assert found == sorted(acts), asked


@pytest.mark.parametrize(
    "query",
    [
        {"act": "king.crowned"},
        {"since": "yesterday"},
        {"cursor": "x"},
        {"cursor": "01a20c7b-3956-725b-a842-c00a5dadd9bc"},
        {"limit": "0"},
        {"limit": "201"},
        {"workspace": "other"},
    ],
)
def test_a_bad_question_to_the_audit_log_is_refused(
    owner: Caller, query: dict[str, str]
) -> None:
    assert owner("get", "audit/", query).status_code == 422


@pytest.mark.parametrize("rest", ["audit/", "usage/", "webhooks/deliveries/"])
def test_a_question_by_an_unknown_name_is_refused(owner: Caller, rest: str) -> None:
    answer = owner("get", rest, {"perod": "1d"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert answer.json()["detail"] == "perod: There is no such field."


def test_the_pages_of_the_audit_log_have_their_twins(cast: Cast, owner: Caller) -> None:
    write_acts(cast, 51)
    place = f"/workspaces/{cast.workspace.id}/audit"
    page = owner("get", f"{place}/").content.decode()
    assert (page.count("Tier changed</th>"), 'rel="next"' in page) == (50, True)
    rows = owner("get", f"{place}.json?act=tier.changed&limit=2").json()
    assert [one["subject"] for one in rows["items"]] == ["tier 50", "tier 49"]
    csv = owner("get", f"{place}.csv?person=tier 7")
    assert csv.content.decode().splitlines()[1].split(",")[2:5] == [
        "tier.changed",
        "Assay",
        "tier 7",
    ]
    for wrong in ("since=31.1.2026", "until=9999-12-31", "cursor=1", "act=x"):
        assert owner("get", f"{place}.json?{wrong}").status_code == 422
