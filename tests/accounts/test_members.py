from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.db import IntegrityError, connection, transaction

from apps.accounts.domain.audit import Actor
from apps.accounts.domain.keys import Scope
from apps.accounts.domain.roles import Role
from apps.accounts.models import ApiKey, AuditEvent, Membership
from apps.accounts.selectors.members import list_members
from apps.accounts.selectors.workspaces import ANONYMOUS, get_viewer, list_workspaces
from apps.accounts.services.members import (
    change_role,
    leave_workspace,
    remove_member,
    transfer_ownership,
)
from apps.core.errors import ConflictError, ForbiddenError, NotFoundError
from tests.accounts.cast import NOW, add_member
from tests.accounts.keys import new_key

if TYPE_CHECKING:
    from uuid import UUID

    from apps.accounts.models import User, Workspace
    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db


def acting(user: User) -> dict[str, Any]:
    return {
        "viewer": get_viewer(user, NOW),
        "actor": Actor(user.id, user.email, "192.0.2.1"),
        "now": NOW,
    }


def member_id(workspace: Workspace, user: User) -> UUID:
    return Membership.objects.get(workspace=workspace, user=user).id


def role_of(workspace: Workspace, user: User) -> str | None:
    found = Membership.objects.filter(workspace=workspace, user=user)
    return found.values_list("role", flat=True).first()


def change(cast: Cast, who: User, whom: User, role: Role) -> None:
    change_role(
        workspace_id=cast.workspace.id,
        member_id=member_id(cast.workspace, whom),
        role=role,
        **acting(who),
    )


def remove(cast: Cast, who: User, whom: User) -> None:
    remove_member(
        workspace_id=cast.workspace.id,
        member_id=member_id(cast.workspace, whom),
        **acting(who),
    )


def test_a_changed_role_is_kept_and_written_down(cast: Cast) -> None:
    change(cast, cast.admin, cast.teammate, Role.VIEWER)
    assert role_of(cast.workspace, cast.teammate) == "viewer"
    event = AuditEvent.objects.get()
    assert (event.act, event.subject, event.actor_label, event.person_id) == (
        "member.role_changed",
        "teammate@example.org",
        "admin@example.org",
        cast.teammate.id,
    )
    assert event.details == {"before": "member", "after": "viewer"}


def test_the_role_that_somebody_has_already_is_not_written_down(cast: Cast) -> None:
    change(cast, cast.owner, cast.teammate, Role.MEMBER)
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize(
    ("whom", "role"), [("owner", Role.VIEWER), ("owner", Role.OWNER)]
)
def test_an_administrator_cannot_touch_owners(
    cast: Cast, whom: str, role: Role
) -> None:
    with pytest.raises(ForbiddenError, match="another owner"):
        change(cast, cast.admin, cast.everyone[whom], role)
    with pytest.raises(ForbiddenError, match="another owner"):
        remove(cast, cast.admin, cast.owner)
    assert role_of(cast.workspace, cast.owner) == "owner"


@pytest.mark.parametrize("whom", ["admin", "member"])
def test_an_administrator_cannot_make_owners(cast: Cast, whom: str) -> None:
    before = role_of(cast.workspace, cast.members[whom])
    with pytest.raises(ForbiddenError, match="make somebody owner"):
        change(cast, cast.admin, cast.members[whom], Role.OWNER)
    assert role_of(cast.workspace, cast.members[whom]) == before


def test_the_last_owner_cannot_leave_step_down_or_be_removed(cast: Cast) -> None:
    with pytest.raises(ConflictError, match="no owner left"):
        leave_workspace(workspace_id=cast.workspace.id, **acting(cast.owner))
    with pytest.raises(ConflictError, match="no owner left"):
        change(cast, cast.owner, cast.owner, Role.ADMIN)
    with pytest.raises(ConflictError, match="That is you"):
        remove(cast, cast.owner, cast.owner)
    assert role_of(cast.workspace, cast.owner) == "owner"


def test_an_owner_leaves_where_there_is_another(cast: Cast) -> None:
    change(cast, cast.owner, cast.admin, Role.OWNER)
    leave_workspace(workspace_id=cast.workspace.id, **acting(cast.owner))
    assert role_of(cast.workspace, cast.owner) is None
    assert role_of(cast.workspace, cast.admin) == "owner"


@pytest.mark.parametrize("role", ["member", "viewer"])
def test_members_leave_and_change_nobody(cast: Cast, role: str) -> None:
    member = cast.members[role]
    with pytest.raises(ForbiddenError, match=f"is {role}"):
        change(cast, member, cast.viewer, Role.ADMIN)
    with pytest.raises(ForbiddenError, match=f"is {role}"):
        remove(cast, member, cast.admin)
    leave_workspace(workspace_id=cast.workspace.id, **acting(member))
    assert role_of(cast.workspace, member) is None


def test_a_stranger_changes_nothing(cast: Cast) -> None:
    with pytest.raises(NotFoundError):
        change(cast, cast.stranger, cast.viewer, Role.ADMIN)
    with pytest.raises(NotFoundError):
        remove(cast, cast.stranger, cast.viewer)
    with pytest.raises(NotFoundError):
        leave_workspace(workspace_id=cast.workspace.id, **acting(cast.stranger))
    assert len(list_members(get_viewer(cast.owner, NOW), cast.workspace.id)) == 4


def test_a_member_of_another_workspace_is_none_of_this_one(cast: Cast) -> None:
    own = Membership.objects.get(user=cast.stranger)
    with pytest.raises(NotFoundError, match="has no member"):
        remove_member(
            workspace_id=cast.workspace.id, member_id=own.id, **acting(cast.owner)
        )
    assert Membership.objects.filter(pk=own.id).exists()


def test_whoever_was_removed_is_a_stranger_at_once(cast: Cast) -> None:
    remove(cast, cast.admin, cast.teammate)
    names = [row.name for row in list_workspaces(get_viewer(cast.teammate, NOW))]
    assert names == ["teammate"]
    event = AuditEvent.objects.get()
    assert event.act == "member.removed"
    assert event.details == {"role": "member", "keys_revoked": 0}


@pytest.mark.parametrize("how", ["removed", "left"])
def test_the_keys_of_whoever_goes_open_nothing_any_more(cast: Cast, how: str) -> None:
    theirs = new_key(cast, by=cast.teammate, scopes=[Scope.READ])
    kept = new_key(cast)
    if how == "removed":
        remove(cast, cast.admin, cast.teammate)
    else:
        leave_workspace(workspace_id=cast.workspace.id, **acting(cast.teammate))
    revoked = ApiKey.objects.filter(revoked_at__isnull=False)
    assert [key.id for key in revoked] == [theirs.id]
    assert ApiKey.objects.get(pk=kept.id).revoked_at is None
    acts = AuditEvent.objects.order_by("id").values_list("act", flat=True)
    assert list(acts)[2:] == ["key.revoked", f"member.{how}"]


def test_ownership_goes_to_a_member_and_the_giver_stays_as_admin(cast: Cast) -> None:
    transfer_ownership(
        workspace_id=cast.workspace.id,
        member_id=member_id(cast.workspace, cast.teammate),
        **acting(cast.owner),
    )
    roles = [role_of(cast.workspace, one) for one in (cast.owner, cast.teammate)]
    assert roles == ["admin", "owner"]
    assert AuditEvent.objects.get().act == "workspace.ownership_transferred"


def test_nobody_gets_into_or_out_of_owning_somebodys_own_workspace(cast: Cast) -> None:
    own = cast.owner.personal_workspace
    guest_id = add_member(own, cast.teammate, Role.ADMIN)
    own_id = member_id(own, cast.owner)
    place: dict[str, Any] = {"workspace_id": own.id, **acting(cast.owner)}
    with pytest.raises(ConflictError, match="leaves a workspace of their own"):
        leave_workspace(**place)
    with pytest.raises(ConflictError, match="own cannot be given away"):
        transfer_ownership(member_id=guest_id, **place)
    for one, role in ((guest_id, Role.OWNER), (own_id, Role.ADMIN)):
        with pytest.raises(ConflictError, match="own has one owner for good"):
            change_role(member_id=one, role=role, **place)
    roles = [role_of(own, one) for one in (cast.owner, cast.teammate)]
    assert roles == ["owner", "admin"]


def test_the_database_itself_keeps_an_owner(cast: Cast) -> None:
    owner = Membership.objects.filter(workspace=cast.workspace, user=cast.owner)
    for change_it in (owner.delete, lambda: owner.update(role="admin")):
        with transaction.atomic():
            change_it()
            with pytest.raises(IntegrityError, match="no owner"):
                connection.check_constraints()
            transaction.set_rollback(True)
    assert role_of(cast.workspace, cast.owner) == "owner"


def test_members_are_listed_the_mightiest_first_with_what_one_may_change(
    cast: Cast,
) -> None:
    rows = list_members(get_viewer(cast.admin, NOW), cast.workspace.id)
    assert [(row.role.value, row.is_you, row.is_changeable) for row in rows] == [
        ("owner", False, False),
        ("admin", True, True),
        ("member", False, True),
        ("viewer", False, True),
    ]
    rows = list_members(get_viewer(cast.viewer, NOW), cast.workspace.id)
    assert [row.is_changeable for row in rows] == [False] * 4


def test_nobody_in_particular_does_nothing(cast: Cast) -> None:
    nobody: dict[str, Any] = {"viewer": ANONYMOUS, "actor": Actor(), "now": NOW}
    with pytest.raises(NotFoundError):
        leave_workspace(workspace_id=cast.workspace.id, **nobody)
    assert Membership.objects.filter(workspace=cast.workspace).count() == 4
