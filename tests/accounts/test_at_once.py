"""Two requests at the same moment, by real threads on real connections."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connections

from apps.accounts.domain.invitations import LIFETIME, digest_of
from apps.accounts.domain.roles import Role
from apps.accounts.models import ApiKey, AuditEvent, Invitation, Membership
from apps.accounts.services.deliveries import claim_delivery
from apps.accounts.services.invitations import invite
from apps.accounts.services.joining import accept_invitation
from apps.accounts.services.keys import MOST_KEYS
from apps.accounts.services.members import (
    change_role,
    leave_workspace,
    transfer_ownership,
)
from apps.core.errors import AppError
from tests.accounts.access import member_of
from tests.accounts.cast import NOW, make_cast
from tests.accounts.keys import new_key
from tests.accounts.test_members import acting, role_of
from tests.accounts.test_webhook_interfaces import make_delivery

if TYPE_CHECKING:
    from collections.abc import Callable

    from apps.accounts.models import Delivery
    from apps.accounts.services.deliveries import Claim
    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)
TOKEN = "t" * 43
TIMES = 3


@pytest.fixture(params=range(TIMES))
def crowd(transactional_db: None) -> Cast:
    """The cast, committed, where every thread sees it; several times over."""
    return make_cast()


def at_once(*acts: Callable[[], object]) -> list[str]:
    """Do all of them at the same moment; return how each one went."""
    ready = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> str:
        try:
            ready.wait(10)
            act()
        except AppError as error:
            return error.code
        finally:
            connections.close_all()
        return "done"

    with ThreadPoolExecutor(len(acts)) as pool:
        return sorted(pool.map(run, acts))


def owners(cast: Cast) -> int:
    return Membership.objects.filter(workspace=cast.workspace, role="owner").count()


def test_two_owners_who_leave_at_once_leave_one(crowd: Cast) -> None:
    admin = Membership.objects.filter(workspace=crowd.workspace, user=crowd.admin)
    admin.update(role=Role.OWNER)

    def leave(person: str) -> Callable[[], object]:
        who = acting(crowd.members[person])
        return lambda: leave_workspace(workspace_id=crowd.workspace.id, **who)

    assert at_once(leave("owner"), leave("admin")) == ["conflict", "done"]
    assert owners(crowd) == 1


def test_an_owner_who_is_demoted_while_the_other_leaves(crowd: Cast) -> None:
    admin_id = member_of(crowd, "admin")
    Membership.objects.filter(pk=admin_id).update(role=Role.OWNER)
    owner, admin = acting(crowd.owner), acting(crowd.admin)
    place: dict[str, Any] = {"workspace_id": crowd.workspace.id}
    went = at_once(
        lambda: change_role(member_id=admin_id, role=Role.VIEWER, **place, **owner),
        lambda: leave_workspace(**place, **admin),
        lambda: leave_workspace(**place, **owner),
    )
    assert "done" in went
    assert owners(crowd) == 1


def test_a_workspace_goes_to_one_of_two_takers(crowd: Cast) -> None:
    owner = acting(crowd.owner)

    def give(name: str) -> Callable[[], object]:
        taker = member_of(crowd, name)
        return lambda: transfer_ownership(
            workspace_id=crowd.workspace.id, member_id=taker, **owner
        )

    assert at_once(give("admin"), give("member")) == ["done", "forbidden"]
    assert owners(crowd) == 1
    assert role_of(crowd.workspace, crowd.owner) == "admin"


def test_two_keys_at_once_where_there_is_room_for_one(crowd: Cast) -> None:
    ApiKey.objects.bulk_create(
        ApiKey(
            workspace=crowd.workspace,
            power="ro",
            name="k",
            digest=f"{n:064}",
            last_four="abcd",
            scopes=["read"],
        )
        for n in range(MOST_KEYS - 1)
    )
    makes = [lambda: new_key(crowd)] * 3
    assert at_once(*makes) == ["conflict", "conflict", "done"]
    assert ApiKey.objects.count() == MOST_KEYS


def test_an_invitation_that_is_accepted_twice_at_once_makes_one_member(
    crowd: Cast,
) -> None:
    Invitation.objects.create(
        workspace=crowd.workspace,
        email="stranger@example.org",
        role="member",
        digest=digest_of(TOKEN),
        invited_by=crowd.owner,
        created_at=NOW,
        sent_at=NOW,
        expires_at=NOW + LIFETIME,
    )
    who = acting(crowd.stranger)
    accepts = [lambda: accept_invitation(token=TOKEN, **who)] * 3
    assert at_once(*accepts) == ["conflict", "conflict", "done"]
    joined = Membership.objects.filter(workspace=crowd.workspace, user=crowd.stranger)
    assert joined.count() == 1
    assert AuditEvent.objects.filter(act="member.joined").count() == 1


def test_an_address_that_is_invited_twice_at_once_is_invited_once(crowd: Cast) -> None:
    def ask(person: str) -> Callable[[], object]:
        who = acting(crowd.members[person])
        return lambda: invite(
            workspace_id=crowd.workspace.id,
            email="new@example.org",
            role=Role.VIEWER,
            link=lambda token: f"https://assay.example/{token}",
            **who,
        )

    assert at_once(ask("owner"), ask("admin")) == ["conflict", "done"]
    assert Invitation.objects.count() == 1
    assert AuditEvent.objects.filter(act="member.invited").count() == 1


def test_claims_at_once_take_two_deliveries_of_a_workspace(crowd: Cast) -> None:
    made = [make_delivery(crowd, n, "pending") for n in range(6)]
    claims: list[Claim | None] = []

    def claim(one: Delivery) -> Callable[[], object]:
        return lambda: claims.append(claim_delivery(delivery_id=one.id, now=NOW))

    assert at_once(*(claim(one) for one in made)) == ["done"] * 6
    assert len([one for one in claims if one is not None]) == 2
