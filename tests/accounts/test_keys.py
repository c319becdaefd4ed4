"""Making, renaming, rotating and revoking keys: what each does, and who may."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import IntegrityError, transaction

from apps.accounts.domain.audit import SYSTEM
from apps.accounts.domain.keys import (
    KeyPower,
    Scope,
    digest_of,
    is_well_formed,
    power_of,
)
from apps.accounts.domain.roles import Role
from apps.accounts.models import ApiKey, AuditEvent, Membership, User
from apps.accounts.selectors.identities import find_identity
from apps.accounts.selectors.keys import get_visible_key, list_keys
from apps.accounts.selectors.workspaces import Viewer, get_viewer
from apps.accounts.services import keys as key_services
from apps.accounts.services.keys import (
    rename_key,
    revoke_all_keys,
    revoke_key,
    rotate_key,
)
from apps.core.errors import (
    AppError,
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
)
from tests.accounts.cast import NOW
from tests.accounts.keys import give_tier, new_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def on(cast: Cast, by: User, key_id: UUID) -> dict[str, Any]:
    return {
        "viewer": get_viewer(by, NOW),
        "workspace_id": cast.workspace.id,
        "key_id": key_id,
        "actor": SYSTEM,
        "now": NOW,
    }


def rotate(**where: Any) -> object:
    return rotate_key(**where, overlap=HOUR)


def rename(**where: Any) -> object:
    return rename_key(**where, name="Another")


def revoke(**where: Any) -> object:
    return revoke_key(**where)


CHANGES = [rotate, rename, revoke]


def acts() -> list[tuple[str, str]]:
    return list(AuditEvent.objects.order_by("id").values_list("act", "subject"))


def test_a_key_is_stored_as_its_digest_alone(cast: Cast) -> None:
    made = new_key(cast, now=NOW, name="  Nightly ")
    key = ApiKey.objects.get()
    assert is_well_formed(made.secret)
    assert power_of(made.secret) is KeyPower.READ_WRITE
    assert (key.id, key.digest) == (made.id, digest_of(made.secret))
    assert (key.name, key.last_four) == ("Nightly", made.secret[-4:])
    kept = str(list(ApiKey.objects.values())) + str(list(AuditEvent.objects.values()))
    assert made.secret not in kept
    assert made.secret[9:36] not in kept


def test_making_a_key_is_in_the_audit_log(cast: Cast) -> None:
    made = new_key(cast, now=NOW)
    event = AuditEvent.objects.get()
    assert (event.act, event.workspace_id) == ("key.created", cast.workspace.id)
    assert event.subject == f"Nightly (…{made.secret[-4:]})"
    assert event.details["scopes"] == sorted(scope.value for scope in Scope)


def test_no_two_keys_are_the_same(cast: Cast) -> None:
    assert len({new_key(cast).secret for _ in range(20)}) == 20


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "  "}, "name: This field cannot be blank."),
        ({"name": "x" * 81}, "name: Ensure this value has at most 80"),
        ({"name": "a\x00b"}, "name: it holds characters"),
        ({"name": "a\ud800b"}, "name: it holds characters"),
        ({"scopes": []}, "scopes: a key needs at least one."),
        (
            {"power": KeyPower.READ_ONLY},
            "cannot have account:write, predictions:write, runs:write.",
        ),
        ({"expires_at": NOW}, "expires_at lies ahead"),
        ({"expires_at": NOW + timedelta(days=4000)}, "expires_at lies ahead"),
    ],
)
def test_a_key_of_the_wrong_form_is_not_made(
    cast: Cast, fields: dict[str, Any], said: str
) -> None:
    with pytest.raises(InvalidInputError, match=said):
        new_key(cast, now=NOW, **fields)
    assert not ApiKey.objects.exists()
    assert acts() == []


def test_the_database_itself_refuses_a_writing_scope_on_a_reading_key(
    cast: Cast,
) -> None:
    new_key(cast, power=KeyPower.READ_ONLY, scopes=[Scope.READ])
    with pytest.raises(IntegrityError, match="reads_only"), transaction.atomic():
        ApiKey.objects.update(scopes=["read", "runs:write"])


def test_an_allow_list_is_part_of_enterprise(cast: Cast) -> None:
    with pytest.raises(AppError, match="allow-lists") as caught:
        new_key(cast, networks=["192.0.2.0/24"])
    assert caught.value.code == "entitlement_missing"
    give_tier(cast.workspace.id, "enterprise")
    new_key(cast, networks=[" 192.0.2.0/24", "", "2001:db8::1"])
    assert ApiKey.objects.get().networks == ["192.0.2.0/24", "2001:db8::1/128"]
    with pytest.raises(InvalidInputError, match=r"'10\.0\.0\.1/8' is no network"):
        new_key(cast, networks=["10.0.0.1/8"])


def test_a_workspace_has_a_hundred_keys_at_most(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert key_services.MOST_KEYS == 100
    monkeypatch.setattr(key_services, "MOST_KEYS", 2)
    first = new_key(cast, now=NOW)
    new_key(cast, now=NOW)
    with pytest.raises(ConflictError, match="2 keys at most"):
        new_key(cast, now=NOW)
    revoke(**on(cast, cast.owner, first.id))
    new_key(cast, now=NOW)


@pytest.mark.parametrize(
    ("role", "made"), [("owner", 1), ("admin", 1), ("member", 1), ("viewer", 0)]
)
def test_members_make_keys_and_viewers_do_not(cast: Cast, role: str, made: int) -> None:
    fields: dict[str, Any] = {"by": cast.members[role], "scopes": [Scope.READ]}
    if made:
        new_key(cast, **fields)
    else:
        with pytest.raises(ForbiddenError):
            new_key(cast, **fields)
    assert ApiKey.objects.count() == made


def test_only_administrators_give_the_scope_that_changes_the_workspace(
    cast: Cast,
) -> None:
    for person, may in ((cast.admin, True), (cast.teammate, False)):
        if may:
            new_key(cast, person, scopes=[Scope.ACCOUNT_WRITE])
        else:
            with pytest.raises(ForbiddenError, match="account:write"):
                new_key(cast, person, scopes=[Scope.ACCOUNT_WRITE])


@pytest.mark.parametrize("change", CHANGES)
def test_a_key_is_changed_by_its_maker_and_by_administrators(
    cast: Cast, change: Callable[..., object]
) -> None:
    made = new_key(cast, cast.teammate, now=NOW, scopes=[Scope.READ])
    before = ApiKey.objects.values().get(pk=made.id)
    Membership.objects.filter(user=cast.viewer, workspace=cast.workspace).update(
        role=Role.MEMBER
    )
    with pytest.raises(ForbiddenError, match="maker and administrators"):
        change(**on(cast, cast.viewer, made.id))
    with pytest.raises(NotFoundError):
        change(**on(cast, cast.stranger, made.id))
    assert ApiKey.objects.values().get() == before
    change(**on(cast, cast.admin, made.id))
    assert ApiKey.objects.values().get(pk=made.id) != before


@pytest.mark.parametrize("change", CHANGES)
def test_a_key_of_another_workspace_is_not_there(
    cast: Cast, change: Callable[..., object]
) -> None:
    made = new_key(cast, now=NOW)
    personal = cast.owner.personal_workspace.id
    where = on(cast, cast.owner, made.id) | {"workspace_id": personal}
    with pytest.raises(NotFoundError):
        change(**where)
    assert acts() == [("key.created", f"Nightly (…{made.secret[-4:]})")]


@pytest.mark.parametrize("change", CHANGES)
def test_a_key_never_manages_keys(cast: Cast, change: Callable[..., object]) -> None:
    made = new_key(cast, now=NOW)
    roles = {cast.workspace.id: Role.ADMIN}
    itself = Viewer(workspace_ids=(cast.workspace.id,), roles=roles, key_id=made.id)
    with pytest.raises(ForbiddenError, match="A key cannot manage keys"):
        change(**on(cast, cast.owner, made.id) | {"viewer": itself})
    with pytest.raises(ForbiddenError):
        list_keys(itself, cast.workspace.id, now=NOW)
    with pytest.raises(ForbiddenError):
        get_visible_key(itself, cast.workspace.id, made.id, now=NOW)


def test_rotation_overlaps_and_then_ends_the_old_key(cast: Cast) -> None:
    old = new_key(cast, now=NOW - HOUR, expires_at=NOW + 23 * HOUR)
    new = rotate_key(**on(cast, cast.owner, old.id), overlap=HOUR)
    assert ApiKey.objects.get(pk=old.id).expires_at == NOW + HOUR
    like = ApiKey.objects.get(pk=new.id)
    assert (like.name, like.power, like.expires_at) == (
        "Nightly",
        "rw",
        NOW + 24 * HOUR,
    )
    assert [act for act, _ in acts()] == ["key.created", "key.created", "key.rotated"]
    with pytest.raises(InvalidInputError, match="30 days"):
        rotate_key(**on(cast, cast.owner, new.id), overlap=timedelta(days=31))


def test_a_rotation_lengthens_no_life(cast: Cast) -> None:
    old = new_key(cast, now=NOW, expires_at=NOW + HOUR)
    rotate_key(**on(cast, cast.owner, old.id), overlap=24 * HOUR)
    assert ApiKey.objects.get(pk=old.id).expires_at == NOW + HOUR


def test_what_is_revoked_stays_so_and_is_not_rotated(cast: Cast) -> None:
    made = new_key(cast, now=NOW)
    for later in (0, 1):
        revoke(**on(cast, cast.owner, made.id) | {"now": NOW + later * HOUR})
    assert ApiKey.objects.get().revoked_at == NOW
    assert [act for act, _ in acts()] == ["key.created", "key.revoked"]
    with pytest.raises(ConflictError, match="revoked"):
        rotate(**on(cast, cast.owner, made.id))


def test_all_keys_of_a_workspace_can_be_revoked(cast: Cast) -> None:
    for _ in range(3):
        new_key(cast, now=NOW)
    where: dict[str, Any] = {
        "workspace_id": cast.workspace.id,
        "actor": SYSTEM,
        "now": NOW,
    }
    assert (revoke_all_keys(**where), revoke_all_keys(**where)) == (3, 0)


@pytest.mark.parametrize(
    ("scopes", "maker", "role"),
    [
        ([Scope.READ], Role.OWNER, Role.VIEWER),
        ([Scope.RUNS_WRITE], Role.OWNER, Role.MEMBER),
        ([Scope.RUNS_WRITE], Role.MEMBER, Role.MEMBER),
        ([Scope.RUNS_WRITE], Role.VIEWER, Role.VIEWER),
        ([Scope.PREDICTIONS_WRITE], Role.OWNER, Role.MEMBER),
        ([Scope.PREDICTIONS_WRITE], Role.VIEWER, Role.VIEWER),
        ([Scope.ACCOUNT_WRITE, Scope.RUNS_WRITE], Role.MEMBER, Role.MEMBER),
        ([Scope.ACCOUNT_WRITE], Role.OWNER, Role.ADMIN),
        ([Scope.ACCOUNT_WRITE], Role.ADMIN, Role.ADMIN),
        ([Scope.ACCOUNT_WRITE], Role.MEMBER, Role.VIEWER),
    ],
)
def test_a_key_is_never_more_than_its_maker_is_now(
    cast: Cast, scopes: list[Scope], maker: Role, role: Role
) -> None:
    made = new_key(cast, cast.admin, scopes=scopes)
    theirs = Membership.objects.filter(user=cast.admin, workspace=cast.workspace)
    theirs.update(role=maker)
    found = find_identity(f"key:{digest_of(made.secret)}", NOW)
    assert found.identity.role is role


def test_a_key_opens_nothing_when_its_maker_is_off_out_or_gone(cast: Cast) -> None:
    makers = (cast.admin, cast.teammate, cast.owner)
    off, out, gone = [new_key(cast, by, scopes=[Scope.READ]) for by in makers]
    User.objects.filter(pk=cast.admin.pk).update(is_active=False)
    Membership.objects.filter(user=cast.teammate, workspace=cast.workspace).delete()
    ApiKey.objects.filter(pk=gone.id).update(created_by=None)
    for made in (off, out, gone):
        found = find_identity(f"key:{digest_of(made.secret)}", NOW)
        assert found.identity.refused == "revoked"
