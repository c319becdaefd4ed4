from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings

from apps.accounts import registry
from apps.accounts.domain.audit import Actor
from apps.accounts.models import AuditEvent, Membership, OutgoingMail, Workspace
from apps.accounts.pipelines import erasure
from apps.accounts.registry import Subject
from apps.accounts.selectors.workspaces import ANONYMOUS
from apps.accounts.services import workspaces
from apps.accounts.services.workspaces import (
    MOST_OWNED,
    ask_deletion,
    create_workspace,
    rename_workspace,
    take_back_deletion,
)
from apps.accounts.tasks import delete_due_workspaces as job
from apps.core.errors import ConflictError, ForbiddenError, InvalidInputError
from tests.accounts.cast import NOW
from tests.accounts.test_members import acting, role_of

if TYPE_CHECKING:
    from datetime import datetime

    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db
DUE = NOW + timedelta(days=14)


def delete_due_workspaces(now: datetime) -> int:
    return erasure.delete_due_workspaces(clock=lambda: now)


def test_a_new_workspace_belongs_to_whoever_makes_it(cast: Cast) -> None:
    made = create_workspace(name=" Tunnel   diggers ", **acting(cast.stranger))
    workspace = Workspace.objects.get(pk=made)
    assert (workspace.name, workspace.personal_of) == ("Tunnel diggers", None)
    assert role_of(workspace, cast.stranger) == "owner"
    assert AuditEvent.objects.get(workspace=workspace).act == "workspace.created"


def test_only_people_make_workspaces_and_not_without_end(cast: Cast) -> None:
    for n in range(MOST_OWNED):
        create_workspace(name=f"Number {n}", **acting(cast.stranger))
    with pytest.raises(ConflictError, match="own 20 workspaces"):
        create_workspace(name="One more", **acting(cast.stranger))
    with pytest.raises(ForbiddenError, match="Only a person"):
        create_workspace(name="X", viewer=ANONYMOUS, actor=Actor(), now=NOW)
    assert MOST_OWNED == workspaces.MOST_OWNED == 20


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("", "at least one"),
        (" \t\n ", "at least one"),
        ("nul\x00", "control"),
        ("\u202eevil", "control"),
        ("a" * 101, "at most 100"),
        ("a" * 10_000, "at most 100"),
        ("Win at https://evil.example", "address of a page"),
    ],
)
def test_a_name_that_is_none_changes_nothing(cast: Cast, name: str, wrong: str) -> None:
    with pytest.raises(InvalidInputError, match=rf"^name: .*{wrong}"):
        rename_workspace(
            workspace_id=cast.workspace.id, name=name, **acting(cast.owner)
        )
    with pytest.raises(InvalidInputError, match=rf"^name: .*{wrong}"):
        create_workspace(name=name, **acting(cast.owner))
    cast.workspace.refresh_from_db()
    assert cast.workspace.name == "Bridge builders"


def test_names_may_be_written_in_any_script(cast: Cast) -> None:
    rename_workspace(
        workspace_id=cast.workspace.id,
        name="\u0438\u0306  👩\u200d🔬",
        **acting(cast.admin),
    )
    cast.workspace.refresh_from_db()
    assert cast.workspace.name == "\u0439 👩\u200d🔬"
    assert AuditEvent.objects.get().details == {"before": "Bridge builders"}


def ask(cast: Cast, now: datetime = NOW) -> datetime:
    return ask_deletion(
        workspace_id=cast.workspace.id, **{**acting(cast.owner), "now": now}
    )


def test_every_owner_is_told_who_asked_to_have_a_workspace_deleted(cast: Cast) -> None:
    mine = Membership.objects.filter(workspace=cast.workspace, user=cast.admin)
    mine.update(role="owner")
    for _ in range(2):
        ask_deletion(workspace_id=cast.workspace.id, **acting(cast.owner))
    sent = OutgoingMail.objects.order_by("id")
    assert [mail.to for mail in sent] == ["owner@example.org", "admin@example.org"]
    assert sent[0].subject == "The workspace Bridge builders is to be deleted"
    assert sent[0].text.startswith(
        "owner@example.org asked to have the workspace Bridge builders deleted. It "
        "will be gone on 2026-12-08 12:00 UTC, with everything in it."
    )


def test_a_deletion_is_due_after_the_days_of_grace_and_asked_for_once(
    cast: Cast,
) -> None:
    assert settings.DELETION_GRACE_DAYS == 14
    assert ask(cast) == DUE
    assert ask(cast, NOW + timedelta(days=3)) == DUE
    assert [event.act for event in AuditEvent.objects.all()] == [
        "workspace.deletion_asked"
    ]


def test_a_deletion_that_was_taken_back_does_not_happen(cast: Cast) -> None:
    ask(cast)
    take_back_deletion(workspace_id=cast.workspace.id, **acting(cast.owner))
    take_back_deletion(workspace_id=cast.workspace.id, **acting(cast.owner))
    assert delete_due_workspaces(now=DUE) == 0
    assert Workspace.objects.filter(pk=cast.workspace.id).exists()
    assert AuditEvent.objects.count() == 2


def test_ones_own_workspace_goes_only_with_the_person(cast: Cast) -> None:
    own = cast.owner.personal_workspace
    with pytest.raises(ConflictError, match="goes with your account"):
        ask_deletion(workspace_id=own.id, **acting(cast.owner))
    Workspace.objects.filter(pk=own.id).update(deletion_due_at=NOW)
    assert delete_due_workspaces(now=DUE) == 0


def test_what_is_due_goes_with_all_that_belongs_to_it(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[Subject, datetime, bool]] = []

    def erase(subject: Subject, now: datetime) -> int:
        there = subject.workspace_id in Workspace.objects.values_list("id", flat=True)
        seen.append((subject, now, there))
        return 7

    monkeypatch.setitem(registry._erasers, "probe", erase)
    ask(cast)
    assert delete_due_workspaces(now=DUE - timedelta(seconds=1)) == 0
    assert (delete_due_workspaces(now=DUE), delete_due_workspaces(now=DUE)) == (1, 0)
    assert seen == [(Subject(workspace_id=cast.workspace.id), DUE, True)]
    assert not Membership.objects.filter(workspace_id=cast.workspace.id).exists()
    event = AuditEvent.objects.get(act="workspace.deleted")
    assert (event.subject, event.actor_label) == ("Bridge builders", "Assay")
    assert event.details["erased"]["probe"] == 7


def test_a_workspace_that_cannot_be_erased_stays_whole_and_the_others_go(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = create_workspace(name="Another", **acting(cast.owner))
    ask_deletion(workspace_id=other, **acting(cast.owner))
    ask(cast)

    def fail(subject: Subject, now: datetime) -> int:
        members = Membership.objects.filter(workspace_id=subject.workspace_id)  # type: ignore[misc]
        deleted, _ = members.exclude(role="owner").delete()
        if subject.workspace_id == cast.workspace.id:
            raise RuntimeError("a fault of an app")
        return deleted

    monkeypatch.setitem(registry._erasers, "probe", fail)
    assert delete_due_workspaces(now=DUE) == 1
    assert not Workspace.objects.filter(pk=other).exists()
    assert role_of(cast.workspace, cast.viewer) == "viewer"


def test_the_job_deletes_what_is_due_by_now(cast: Cast) -> None:
    Workspace.objects.filter(pk=cast.workspace.id).update(
        deletion_due_at=NOW - timedelta(days=365)
    )
    job()
    assert not Workspace.objects.filter(pk=cast.workspace.id).exists()
    plan: Any = settings.CELERY_BEAT_SCHEDULE["accounts.delete_due_workspaces"]
    assert plan["schedule"] == 3600


def test_an_app_registers_once_and_the_highest_erases_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(registry, "_erasers", {})
    for name in ("low", "high"):
        registry.register_eraser(name, lambda _subject, _now: 0)
    assert [name for name, _ in registry.erasers()] == ["high", "low"]
    with pytest.raises(ValueError, match="registered already"):
        registry.register_eraser("low", lambda _subject, _now: 0)


def test_a_subject_is_a_workspace_or_a_person(cast: Cast) -> None:
    for wrong in ({}, {"workspace_id": cast.workspace.id, "user_id": cast.owner.id}):
        with pytest.raises(ValueError, match="or a person"):
            Subject(**wrong)
