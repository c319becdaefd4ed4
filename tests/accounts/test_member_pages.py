"""The pages of members, settings, the audit log and invitations."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from apps.accounts.models import (
    AuditEvent,
    Invitation,
    Membership,
    User,
    Workspace,
)
from tests.accounts.access import TOKEN, invitation_of, member_of
from tests.accounts.cast import make_person
from tests.accounts.test_invitations import token_in
from tests.accounts.test_members import role_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db
OFFER = f"/invitations/{TOKEN}/"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def page_of(cast: Cast, rest: str = "") -> str:
    return f"/workspaces/{cast.workspace.id}/{rest}"


def test_from_the_page_to_the_mail_to_the_new_member(
    cast: Cast, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    form = {"email": "stranger@example.org", "role": "viewer"}
    with django_capture_on_commit_callbacks(execute=True):
        page = signed_in(cast.admin).post(page_of(cast, "members/"), form, follow=True)
    assert "An invitation is on its way to stranger@example.org." in text(page)
    token = token_in(str(mail.outbox[0].body), "http://testserver/invitations/")
    guest = signed_in(cast.stranger)
    assert "admin@example.org invites you" in text(guest.get(f"/invitations/{token}/"))
    page = guest.post(f"/invitations/{token}/accept/", follow=True)
    assert "Welcome: you are a member now." in text(page)
    assert role_of(cast.workspace, cast.stranger) == "viewer"


def test_a_refused_invitation_says_why_at_the_field(cast: Cast) -> None:
    client = signed_in(cast.owner)
    for email, wrong in (
        ("teammate@example.org", "is a member already"),
        ("nobody", "is no e-mail address"),
    ):
        form = {"email": email, "role": "viewer"}
        page = client.post(page_of(cast, "members/"), form)
        assert (page.status_code, wrong in text(page)) == (422, True)
    page = client.post(page_of(cast, "members/"), {"email": "a@b.org", "role": "king"})
    assert "Select a valid choice" in text(page)
    assert not Invitation.objects.exists()


def test_members_without_the_power_see_no_forms(cast: Cast) -> None:
    invitation_of(cast)
    page = text(signed_in(cast.viewer).get(page_of(cast, "members/")))
    assert "owner@example.org" in page
    for hidden in ("Invite somebody", "stranger@example.org", "Change role", "Remove"):
        assert hidden not in page


def test_a_changed_role_can_be_undone_at_once(cast: Cast) -> None:
    client = signed_in(cast.owner)
    member = member_of(cast, "member")
    page = client.post(
        page_of(cast, f"members/{member}/"), {"role": "viewer"}, follow=True
    )
    assert "teammate@example.org is now viewer; before: member." in text(page)
    client.post(page_of(cast, f"members/{member}/"), {"role": "member"})
    assert role_of(cast.workspace, cast.teammate) == "member"
    forged = client.get(page_of(cast, f"members/?changed={member}&was=king"))
    assert "before:" not in text(forged)


def test_a_member_is_removed_after_a_question(cast: Cast) -> None:
    client = signed_in(cast.admin)
    place = page_of(cast, f"members/{member_of(cast, 'viewer')}/remove/")
    assert "Remove viewer@example.org?" in text(client.get(place))
    assert role_of(cast.workspace, cast.viewer) == "viewer"
    page = client.post(place, follow=True)
    assert "viewer@example.org is no member any more." in text(page)
    assert signed_in(cast.viewer).get(page_of(cast)).status_code == 404


def test_the_session_of_a_removed_member_sees_nothing_at_its_next_request(
    cast: Cast,
) -> None:
    client = signed_in(cast.viewer)
    assert client.get(page_of(cast)).status_code == 200
    Membership.objects.get(pk=member_of(cast, "viewer")).delete()
    assert client.get(page_of(cast)).status_code == 404


def test_an_open_invitation_is_sent_again_or_taken_back(cast: Cast) -> None:
    client = signed_in(cast.owner)
    place = page_of(cast, f"invitations/{invitation_of(cast).id}/")
    page = client.post(f"{place}resend/", follow=True)
    assert "Sent again. The link of the earlier mail is void." in text(page)
    page = client.post(f"{place}resend/", follow=True)
    assert "wait a minute" in text(page)
    page = client.post(f"{place}revoke/", follow=True)
    assert "The invitation is taken back." in text(page)
    assert client.post(f"{place}revoke/").status_code == 404


def test_a_visitor_is_asked_to_sign_in_and_comes_back(cast: Cast) -> None:
    invitation_of(cast)
    page = Client().get(OFFER)
    assert f'href="/sign-in/?next=%2Finvitations%2F{TOKEN}%2F"' in text(page)
    assert "Sign in or sign up with stranger@example.org" in text(page)
    assert "Accept" not in text(page)


def test_whoever_signs_up_from_the_mail_needs_no_code(cast: Cast) -> None:
    found = invitation_of(cast)
    Invitation.objects.filter(pk=found.pk).update(email="new@example.org")
    guest = Client()
    answer = guest.post(f"{OFFER}sign-up/")
    place = answer.headers["Location"]
    assert place == f"/account/sign-up/?next=%2Finvitations%2F{TOKEN}%2F"
    form = {"email": "new@example.org", "password1": "a long pass phrase"}
    assert guest.post(place, {**form, "next": OFFER}).headers["Location"] == OFFER
    assert "Accept" in text(guest.get(OFFER))
    guest.post(f"{OFFER}accept/")
    new = User.objects.get(email="new@example.org")
    assert role_of(cast.workspace, new) == "member"


def test_an_invitation_that_is_over_proves_no_address(cast: Cast) -> None:
    found = invitation_of(cast)
    Invitation.objects.filter(pk=found.pk).update(
        state="revoked", settled_at=timezone.now()
    )
    guest = Client()
    guest.post(f"{OFFER}sign-up/")
    assert not guest.session.get("account_verified_email")


def test_somebody_else_is_told_whom_it_is_for(cast: Cast) -> None:
    invitation_of(cast)
    other = signed_in(make_person("other@example.org"))
    page = text(other.get(OFFER))
    assert "This invitation is for stranger@example.org" in page
    assert "Accept" not in page
    answer = other.post(f"{OFFER}accept/")
    assert answer.status_code == 403
    assert "is for stranger@example.org" in text(answer)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("revoked", "was taken back"),
        ("declined", "was declined"),
        ("accepted", "was used already"),
        ("expired", "has expired"),
    ],
)
def test_an_invitation_that_is_over_says_so(cast: Cast, state: str, words: str) -> None:
    found = invitation_of(cast)
    now = timezone.now()
    change: dict[str, Any] = {"state": state, "settled_at": now}
    if state == "expired":
        change = {"expires_at": now - timedelta(seconds=1)}
    Invitation.objects.filter(pk=found.pk).update(**change)
    client = signed_in(cast.stranger)
    page = client.get(OFFER)
    assert (page.status_code, words in text(page)) == (410, True)
    client.post(f"{OFFER}accept/")
    assert role_of(cast.workspace, cast.stranger) is None


def test_an_unknown_invitation_says_what_to_do(cast: Cast) -> None:
    page = signed_in(cast.stranger).get("/invitations/unknown/")
    assert page.status_code == 404
    assert "Open the link of the newest mail" in text(page)


def test_the_address_of_an_invitation_is_kept_to_itself(cast: Cast) -> None:
    invitation_of(cast)
    client = signed_in(cast.stranger)
    for answer in (client.get(OFFER), client.post(f"{OFFER}decline/")):
        assert answer.headers["Referrer-Policy"] == "strict-origin"
        assert "no-store" in answer.headers["Cache-Control"]
        assert answer.headers["X-Robots-Tag"] == "noindex"


def test_a_workspace_is_made_renamed_and_given_away(cast: Cast) -> None:
    client = signed_in(cast.owner)
    page = client.post("/workspaces/new/", {"name": "Tunnels"}, follow=True)
    assert "Members of Tunnels" in text(page)
    page = client.post(page_of(cast, "settings/"), {"name": "Arches"}, follow=True)
    assert "The workspace has its new name." in text(page)
    form = {"member": str(member_of(cast, "member"))}
    page = client.post(page_of(cast, "transfer/"), form, follow=True)
    assert "You are its admin" in text(page)
    assert role_of(cast.workspace, cast.teammate) == "owner"


@pytest.mark.parametrize("name", ["", "x" * 10_000, "nul\x00", "\u202eevil"])
def test_a_bad_name_is_said_at_the_field(cast: Cast, name: str) -> None:
    client = signed_in(cast.owner)
    for place in ("/workspaces/new/", page_of(cast, "settings/")):
        page = client.post(place, {"name": name})
        assert (page.status_code, 'class="wrong"' in text(page)) == (422, True)
    assert Workspace.objects.filter(personal_of=None).get().name == "Bridge builders"


def test_the_last_owner_is_told_what_to_do_before_leaving(cast: Cast) -> None:
    client = signed_in(cast.owner)
    page = client.post(page_of(cast, "leave/"), follow=True)
    assert "would have no owner left" in text(page)
    page = signed_in(cast.viewer).post(page_of(cast, "leave/"), follow=True)
    assert "You have left Bridge builders." in text(page)


def test_a_workspace_is_deleted_by_its_name_and_can_be_kept(cast: Cast) -> None:
    client = signed_in(cast.owner)
    wrong = client.post(page_of(cast, "delete/"), {"name": "bridge builders"})
    assert (wrong.status_code, "That is not Bridge builders." in text(wrong)) == (
        422,
        True,
    )
    page = client.post(
        page_of(cast, "delete/"), {"name": "Bridge builders"}, follow=True
    )
    assert "This workspace is to be deleted on" in text(page)
    assert "to be deleted" in text(client.get("/workspaces/"))
    page = client.post(page_of(cast, "keep/"), follow=True)
    assert "The workspace stays." in text(page)
    acts = AuditEvent.objects.order_by("id").values_list("act", flat=True)
    assert list(acts) == ["workspace.deletion_asked", "workspace.deletion_taken_back"]
