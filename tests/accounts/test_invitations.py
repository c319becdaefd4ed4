from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from apps.accounts.domain.audit import Actor
from apps.accounts.domain.invitations import (
    LIFETIME,
    MOST_LETTERS_TO_ONE,
    PAUSE,
    digest_of,
)
from apps.accounts.domain.roles import Role
from apps.accounts.models import (
    AuditEvent,
    Invitation,
    Membership,
    OutgoingMail,
    User,
)
from apps.accounts.selectors.invitations import get_offer, list_invitations
from apps.accounts.selectors.workspaces import ANONYMOUS, get_viewer
from apps.accounts.services.deletion import erase_person_if_due
from apps.accounts.services.invitations import (
    invite,
    resend_invitation,
    revoke_invitation,
)
from apps.accounts.services.joining import accept_invitation, decline_invitation
from apps.accounts.services.members import leave_workspace, transfer_ownership
from apps.accounts.services.workspaces import ask_deletion, create_workspace
from apps.core.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
)
from tests.accounts.cast import NOW, make_person
from tests.accounts.test_members import acting, change, member_id, remove, role_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db
SITE = "https://assay.example/invitations/"
STRANGER = "stranger@example.org"


def link(token: str) -> str:
    return f"{SITE}{token}/"


def ask(
    cast: Cast, email: str = STRANGER, role: Role = Role.MEMBER, **more: Any
) -> UUID:
    who = more.pop("who", cast.owner)
    return invite(
        workspace_id=cast.workspace.id,
        email=email,
        role=role,
        link=link,
        **{**acting(who), **more},
    )


@pytest.fixture
def ask_for_token(cast: Cast) -> Callable[..., str]:
    """Invites, and returns the token that the mail carries."""

    def asked(**more: Any) -> str:
        ask(cast, **more)
        return token_of_last_mail()

    return asked


def token_of_last_mail() -> str:
    return token_in(OutgoingMail.objects.order_by("id").reverse()[0].text, SITE)


def token_in(text: str, site: str) -> str:
    found = re.search(rf"{site}([\w-]+)/", text)
    assert found
    return found[1]


def accept(user: User, token: str, now: Any = NOW) -> UUID:
    return accept_invitation(token=token, **{**acting(user), "now": now})


def test_an_invitation_goes_out_by_mail_and_its_token_is_in_that_alone(
    cast: Cast, ask_for_token: Callable[..., str]
) -> None:
    token = ask_for_token()
    sent = OutgoingMail.objects.get()
    assert (sent.to, sent.subject) == (STRANGER, "Join Bridge builders on Assay")
    assert "owner@example.org invites you" in sent.text
    assert "as a member" in sent.text
    assert "ends on 2026-12-01 12:00 UTC." in sent.text
    stored = Invitation.objects.values().get()
    assert stored["digest"] == digest_of(token)
    assert len(token) == 43  # 256 bits
    assert token not in str(stored) + str(list(AuditEvent.objects.values()))


def test_whoever_was_invited_joins_once(
    cast: Cast, ask_for_token: Callable[..., str]
) -> None:
    token = ask_for_token(role=Role.ADMIN)
    assert accept(cast.stranger, token) == cast.workspace.id
    assert role_of(cast.workspace, cast.stranger) == "admin"
    with pytest.raises(ConflictError, match="accepted already"):
        accept(cast.stranger, token)
    acts = AuditEvent.objects.order_by("id").values_list("act", flat=True)
    assert list(acts) == ["member.invited", "member.joined"]


def test_an_address_is_compared_without_regard_to_its_case(
    cast: Cast, ask_for_token: Callable[..., str]
) -> None:
    accept(cast.stranger, ask_for_token(email="  STRANGER@Example.ORG "))
    assert role_of(cast.workspace, cast.stranger) == "member"


def test_nobody_else_can_use_the_link(
    cast: Cast, ask_for_token: Callable[..., str]
) -> None:
    token = ask_for_token()
    other = make_person("other@example.org")
    for answer in (accept_invitation, decline_invitation):
        with pytest.raises(ForbiddenError, match=r"is for stranger@example\.org"):
            answer(token=token, **acting(other))
        with pytest.raises(ForbiddenError, match="Sign in"):
            answer(token=token, viewer=ANONYMOUS, actor=Actor(), now=NOW)
    assert Invitation.objects.get().state == "open"
    assert role_of(cast.workspace, other) is None


def test_an_address_that_nobody_confirmed_opens_nothing(
    cast: Cast, ask_for_token: Callable[..., str]
) -> None:
    token = ask_for_token()
    cast.stranger.emailaddress_set.update(verified=False)
    with pytest.raises(ForbiddenError, match="confirm it"):
        accept(cast.stranger, token)
    cast.teammate.emailaddress_set.create(email=STRANGER, verified=True)
    with pytest.raises(ConflictError, match="member of Bridge builders already"):
        accept(cast.teammate, token)


def test_an_invitation_ends_after_seven_days(
    cast: Cast, ask_for_token: Callable[..., str]
) -> None:
    token = ask_for_token()
    with pytest.raises(ConflictError, match="has expired"):
        accept(cast.stranger, token, NOW + LIFETIME)
    accept(cast.stranger, token, NOW + LIFETIME - timedelta(seconds=1))
    assert timedelta(days=7) == LIFETIME


@pytest.mark.parametrize("how", ["removed", "left", "demoted", "erased"])
def test_an_invitation_ends_with_the_power_of_whoever_sent_it(
    cast: Cast, ask_for_token: Callable[..., str], how: str
) -> None:
    token = ask_for_token(who=cast.admin)
    kept = ask(cast, "other@example.org")
    if how == "removed":
        remove(cast, cast.owner, cast.admin)
    elif how == "left":
        leave_workspace(workspace_id=cast.workspace.id, **acting(cast.admin))
    elif how == "demoted":
        change(cast, cast.owner, cast.admin, Role.MEMBER)
    else:
        User.objects.filter(pk=cast.admin.pk).update(deletion_due_at=NOW)
        assert erase_person_if_due(user_id=cast.admin.pk, now=NOW)
    with pytest.raises(ConflictError, match="was taken back"):
        accept(cast.stranger, token)
    assert role_of(cast.workspace, cast.stranger) is None
    assert Invitation.objects.get(state="open").id == kept
    revoked = AuditEvent.objects.get(act="invitation.revoked")
    assert revoked.details["role"] == "member"


def test_who_is_demoted_keeps_what_they_may_still_give(cast: Cast) -> None:
    add = Membership.objects.filter(workspace=cast.workspace, user=cast.admin)
    add.update(role=Role.OWNER)
    ask(cast, who=cast.admin, role=Role.OWNER)
    kept = ask(cast, "other@example.org", who=cast.admin, role=Role.ADMIN)
    change(cast, cast.owner, cast.admin, Role.ADMIN)
    assert Invitation.objects.get(state="open").id == kept


def test_who_gives_ownership_away_offers_it_no_longer(cast: Cast) -> None:
    ask(cast, role=Role.OWNER)
    transfer_ownership(
        workspace_id=cast.workspace.id,
        member_id=member_id(cast.workspace, cast.teammate),
        **acting(cast.owner),
    )
    assert Invitation.objects.get().state == "revoked"


def test_nobody_joins_by_the_word_of_one_who_was_demoted_by_other_ways(
    cast: Cast, ask_for_token: Callable[..., str]
) -> None:
    token = ask_for_token(who=cast.admin, role=Role.ADMIN)
    mine = Membership.objects.filter(workspace=cast.workspace, user=cast.admin)
    mine.update(role=Role.MEMBER)
    with pytest.raises(ConflictError, match="may no longer give that role"):
        accept(cast.stranger, token)
    assert role_of(cast.workspace, cast.stranger) is None
    assert Invitation.objects.get().state == "open"


def test_an_expired_invitation_makes_way_for_a_new_one(cast: Cast) -> None:
    ask(cast)
    ask(cast, now=NOW + LIFETIME)
    states = Invitation.objects.order_by("id").values_list("state", flat=True)
    assert list(states) == ["expired", "open"]


def test_a_revoked_invitation_says_so(
    cast: Cast, ask_for_token: Callable[..., str]
) -> None:
    token = ask_for_token()
    revoke_invitation(
        workspace_id=cast.workspace.id,
        invitation_id=Invitation.objects.get().id,
        **acting(cast.admin),
    )
    with pytest.raises(ConflictError, match="taken back"):
        accept(cast.stranger, token)
    assert get_offer(get_viewer(cast.stranger, NOW), token, now=NOW).state == "revoked"


def test_a_declined_invitation_is_over_and_another_can_follow(
    cast: Cast, ask_for_token: Callable[..., str]
) -> None:
    token = ask_for_token()
    decline_invitation(token=token, **acting(cast.stranger))
    with pytest.raises(ConflictError, match="was declined"):
        accept(cast.stranger, token)
    ask(cast)
    assert Invitation.objects.filter(state="open").count() == 1


def test_sending_again_voids_the_earlier_link(
    cast: Cast,
    ask_for_token: Callable[..., str],
) -> None:
    first = ask_for_token()
    again: dict[str, Any] = {
        "workspace_id": cast.workspace.id,
        "invitation_id": Invitation.objects.get().id,
        "link": link,
        **acting(cast.admin),
    }
    with pytest.raises(ConflictError, match="wait a minute"):
        resend_invitation(**again)
    resend_invitation(**again | {"now": NOW + PAUSE})
    second = token_of_last_mail()
    with pytest.raises(NotFoundError, match="newest mail"):
        accept(cast.stranger, first)
    accept(cast.stranger, second, NOW + PAUSE + LIFETIME - timedelta(seconds=1))


def test_one_address_has_one_open_invitation(cast: Cast) -> None:
    ask(cast)
    with pytest.raises(ConflictError, match="invited already"):
        ask(cast, email="Stranger@example.org")
    with pytest.raises(ConflictError, match="member already"):
        ask(cast, email="TEAMMATE@example.org")
    assert Invitation.objects.count() == 1


@pytest.mark.parametrize(
    ("who", "role", "wrong"),
    [
        ("admin", Role.OWNER, "cannot make somebody owner"),
        ("member", Role.VIEWER, "is member"),
        ("viewer", Role.VIEWER, "is viewer"),
    ],
)
def test_nobody_gives_a_role_above_their_own(
    cast: Cast, who: str, role: Role, wrong: str
) -> None:
    with pytest.raises(ForbiddenError, match=wrong):
        ask(cast, role=role, who=cast.members[who])
    assert not Invitation.objects.exists()


def test_an_administrator_cannot_revoke_or_resend_an_owners_invitation(
    cast: Cast,
) -> None:
    found = ask(cast, role=Role.OWNER)
    place: dict[str, Any] = {
        "workspace_id": cast.workspace.id,
        "invitation_id": found,
        **acting(cast.admin),
    }
    with pytest.raises(ForbiddenError):
        revoke_invitation(**place)
    with pytest.raises(ForbiddenError):
        resend_invitation(link=link, **place)
    (row,) = list_invitations(get_viewer(cast.admin, NOW), cast.workspace.id, now=NOW)
    assert not row.is_changeable


def test_nobody_is_invited_to_own_somebodys_own_workspace(cast: Cast) -> None:
    with pytest.raises(ConflictError, match="one owner for good"):
        invite(
            workspace_id=cast.owner.personal_workspace.id,
            email=STRANGER,
            role=Role.OWNER,
            link=link,
            **acting(cast.owner),
        )


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nobody",
        "a@b",
        "two@example.org, three@example.org",
        "line@example.org\nBcc: all@example.org",
        "nul\x00@example.org",
        "\u0430da@example.org",  # a Cyrillic letter that looks like an a
        "ada@ex\u0430mple.org",
        "\u212aate@example.org",  # the sign of kelvin, which becomes a k
        "a" * 65 + "@example.org",
        "a@" + "b" * 250 + ".org",
    ],
)
def test_what_is_no_plain_address_is_refused(cast: Cast, address: str) -> None:
    with pytest.raises(InvalidInputError, match=r"^email: "):
        ask(cast, email=address)
    assert not Invitation.objects.exists()


def test_one_address_is_not_flooded_by_many_workspaces(cast: Cast) -> None:
    for n in range(MOST_LETTERS_TO_ONE):
        made = create_workspace(name=f"Number {n}", **acting(cast.owner))
        invite(
            workspace_id=made,
            email=STRANGER,
            role=Role.VIEWER,
            link=link,
            **acting(cast.owner),
        )
    with pytest.raises(ConflictError, match="enough invitations"):
        ask(cast)
    ask(cast, now=NOW + timedelta(days=1))


def test_nobody_joins_what_is_about_to_be_deleted(
    cast: Cast, ask_for_token: Callable[..., str]
) -> None:
    token = ask_for_token()
    ask_deletion(workspace_id=cast.workspace.id, **acting(cast.owner))
    with pytest.raises(ConflictError, match="about to be deleted"):
        accept(cast.stranger, token)
    with pytest.raises(ConflictError, match="nobody can join"):
        ask(cast, email="new@example.org")
    assert Membership.objects.filter(workspace=cast.workspace).count() == 4


@pytest.mark.parametrize("token", ["", "x", "a" * 43, "a" * 10_000, "\x00" * 43])
def test_an_unknown_token_is_not_found(cast: Cast, token: str) -> None:
    with pytest.raises(NotFoundError, match="does not exist"):
        accept(cast.stranger, token)
