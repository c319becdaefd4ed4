from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from apps.accounts import registry
from apps.accounts.domain.audit import Act, Actor
from apps.accounts.domain.keys import Scope
from apps.accounts.models import (
    ApiKey,
    AuditEvent,
    Membership,
    OutgoingMail,
    Subscription,
    User,
    Workspace,
)
from apps.accounts.pipelines.people_erasure import erase_due_people
from apps.accounts.selectors.deletion import check_deletions
from apps.accounts.selectors.workspaces import get_viewer
from apps.accounts.services.audit import record
from apps.accounts.services.deletion import ask_account_deletion
from apps.accounts.services.members import leave_workspace
from apps.core.errors import ConflictError
from tests.accounts.cast import WORDS, make_person
from tests.accounts.keys import new_key
from tests.accounts.test_admin import subscribe
from tests.accounts.test_impersonation import make_operator, sign_in
from tests.people.acting import Visitor
from tests.people.acting import make_person as make_confirmed

if TYPE_CHECKING:
    from datetime import datetime

    from apps.accounts.registry import Subject
    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db
LATER = timedelta(days=14, seconds=1)


def ask(person: User) -> datetime:
    actor = Actor(person.id, person.email, "192.0.2.7")
    return ask_account_deletion(user_id=person.id, actor=actor, now=timezone.now())


def erase(after: timedelta = LATER) -> int:
    moment = timezone.now() + after
    return erase_due_people(clock=lambda: moment)


def acts() -> list[str]:
    return list(AuditEvent.objects.order_by("at", "id").values_list("act", flat=True))


def test_a_person_confirms_who_they_are_and_then_their_address() -> None:
    person = make_confirmed("ada@example.org", WORDS)
    visitor = Visitor(sign_in(person))
    form = {"email": "ada@example.org"}
    refused = visitor.client.post("/account/delete/", form)
    assert refused.headers["Location"].startswith("/account/confirm/")
    visitor.confirm(WORDS)
    assert visitor.client.get("/account/delete/").status_code == 200
    wrong = visitor.client.post("/account/delete/", {"email": "bob@example.org"})
    assert wrong.status_code == 422
    person.refresh_from_db()
    assert person.deletion_due_at is None
    assert visitor.client.post("/account/delete/", form).status_code == 302
    person.refresh_from_db()
    assert person.deletion_due_at is not None


def test_every_page_offers_to_keep_the_account(cast: Cast) -> None:
    ask(cast.teammate)
    client = sign_in(cast.teammate)
    for address in ("/", "/workspaces/", "/account/data/"):
        assert "Keep my account" in client.get(address).text
    assert client.post("/account/keep/").status_code == 302
    assert "Keep my account" not in client.get("/").text
    assert erase() == 0
    assert acts()[-2:] == ["person.deletion_asked", "person.deletion_taken_back"]
    subjects = OutgoingMail.objects.filter(to="teammate@example.org")
    assert sorted(subjects.values_list("subject", flat=True)) == [
        "Your account at Assay is to be deleted",
        "Your account at Assay stays",
    ]
    assert [mail.text for mail in subjects if "<" in mail.text] == []


def test_the_days_of_grace_are_kept(cast: Cast) -> None:
    due = ask(cast.teammate)
    assert due - timezone.now() > timedelta(days=13, hours=23)
    assert erase(timedelta(days=13, hours=23)) == 0
    assert erase() == 1


def test_the_keys_of_an_erased_person_open_nothing(cast: Cast) -> None:
    made = new_key(cast, cast.teammate, scopes=[Scope.READ])
    kept = new_key(cast)
    ask(cast.teammate)
    assert erase() == 1
    assert ApiKey.objects.get(pk=made.id).revoked_at is not None
    assert ApiKey.objects.get(pk=kept.id).revoked_at is None


def test_asking_again_moves_nothing(cast: Cast) -> None:
    assert ask(cast.teammate) == ask(cast.teammate)
    assert acts().count("person.deletion_asked") == 1


def test_the_only_owner_is_told_which_workspace_and_what_to_do(cast: Cast) -> None:
    with pytest.raises(ConflictError, match="only owner of Bridge builders: make"):
        ask(cast.owner)
    Membership.objects.filter(user=cast.admin, workspace=cast.workspace).update(
        role="owner"
    )
    ask(cast.owner)


def test_who_became_the_only_owner_meanwhile_stays_with_the_reason(cast: Cast) -> None:
    shared = Membership.objects.filter(workspace=cast.workspace)
    shared.filter(user=cast.admin).update(role="owner")
    ask(cast.owner)
    leave_workspace(
        viewer=get_viewer(cast.admin, timezone.now()),
        workspace_id=cast.workspace.id,
        actor=Actor(cast.admin.id),
        now=timezone.now(),
    )
    assert erase() == 0
    page = sign_in(cast.owner).get("/account/data/").text
    assert "It is not deleted yet: You are the only owner of Bridge builders" in page
    shared.filter(user=cast.teammate).update(role="owner")
    assert erase() == 1


def test_staff_is_not_deleted_by_themselves() -> None:
    with pytest.raises(ConflictError, match="You are staff here"):
        ask(make_operator())


def test_a_person_goes_and_the_shared_workspace_stays(cast: Cast) -> None:
    own = Workspace.objects.get(personal_of=cast.teammate).id
    client = sign_in(cast.teammate)
    ask(cast.teammate)
    assert erase() == 1
    assert not User.objects.filter(pk=cast.teammate.pk).exists()
    assert not Workspace.objects.filter(pk=own).exists()
    assert Membership.objects.filter(workspace=cast.workspace).count() == 3
    assert client.get("/account/").status_code == 302
    (mail,) = OutgoingMail.objects.filter(to="teammate@example.org")
    assert mail.subject == "Your account at Assay is deleted"
    assert erase() == 0


def test_the_log_keeps_what_was_done_and_not_by_whom(cast: Cast) -> None:
    sign_in(cast.teammate)
    ask(cast.teammate)
    erase()
    event = AuditEvent.objects.get(act="person.deletion_asked")
    assert (event.actor_label, event.ip, event.subject) == ("", None, "")
    assert event.details == {}
    assert acts()[-1] == "person.erased"
    text = str(list(AuditEvent.objects.values()))
    assert "teammate@example.org" not in text
    assert "192.0.2.7" not in text


def test_what_others_did_keeps_its_names(cast: Cast) -> None:
    Membership.objects.filter(user=cast.admin, workspace=cast.workspace).update(
        role="owner"
    )
    ask(cast.viewer)
    ask(cast.teammate)
    User.objects.filter(pk=cast.viewer.pk).update(deletion_due_at=None)
    erase()
    kept = AuditEvent.objects.get(person_id=cast.viewer.id)
    assert kept.actor_label == "viewer@example.org"
    assert kept.ip == "192.0.2.7"


def note(subject: str, **details: str) -> AuditEvent:
    """Put on record what an operator did, in words that hold an address."""
    record(
        act=Act.OPERATOR_CHANGED,
        actor=Actor(label="operator@example.org"),
        now=timezone.now(),
        subject=subject,
        details=details,
    )
    return AuditEvent.objects.order_by("-at", "-id")[0]


@pytest.mark.parametrize(
    "other",
    [
        "joann@x.com",
        "jo.ann@x.com",
        "jo+ann@x.com",
        "o'ann@x.com",
        "ann@x.com.au",
        "ann@x.company",
        "ann@xxcom",
    ],
)
def test_an_address_that_holds_the_one_of_who_is_erased_stays(
    cast: Cast, other: str
) -> None:
    kept = note(f"to {other}", before=other)
    ask(make_person("ann@x.com"))
    assert erase() == 1
    kept.refresh_from_db()
    assert (kept.subject, kept.details) == (f"to {other}", {"before": other})


@pytest.mark.parametrize(
    "words",
    [
        "ann@x.com",
        "Ann@X.com",
        "to ann@x.com.",
        "<ann@x.com>",
        "'ann@x.com'",
        "bob@x.com,ann@x.com",
        "line\nann@x.com\n",
    ],
)
def test_the_address_of_who_is_erased_goes_from_what_others_did(
    cast: Cast, words: str
) -> None:
    told = note(words, before=words)
    ask(make_person("ann@x.com"))
    assert erase() == 1
    told.refresh_from_db()
    assert (told.subject, told.details) == ("", {})


def test_a_biller_that_fails_holds_the_deletion_up_and_health_says_so(
    cast: Cast,
) -> None:
    own = Workspace.objects.get(personal_of=cast.teammate)
    subscribe(own, "pro")
    ask(cast.teammate)
    assert erase() == 0  # no biller is set up to cancel it at
    moment = timezone.now() + LATER
    finding = check_deletions(moment)
    assert finding.ok
    assert finding.detail.startswith("1 overdue")
    assert not check_deletions(moment + timedelta(days=1)).ok
    assert User.objects.get(pk=cast.teammate.pk).deletion_problem
    Subscription.objects.all().delete()
    assert erase() == 1
    assert check_deletions(moment + timedelta(days=1)).detail == "none is overdue"


def test_one_that_fails_is_left_whole_and_the_others_go(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(subject: Subject, _now: datetime) -> int:
        if subject.user_id == cast.teammate.pk:
            raise RuntimeError("a fault of an app")
        return 0

    monkeypatch.setitem(registry._erasers, "probe", fail)
    ask(cast.teammate)
    ask(cast.viewer)
    assert erase() == 1
    assert Workspace.objects.filter(personal_of=cast.teammate).exists()
    problem = User.objects.get(pk=cast.teammate.pk).deletion_problem
    assert problem == "A part of Assay failed; the log says which."


def test_the_audit_log_is_open_to_nothing_after_an_erasure(cast: Cast) -> None:
    ask(cast.teammate)
    erase()
    with pytest.raises(Exception, match="only added to"):
        AuditEvent.objects.update(subject="")


def test_others_cannot_keep_an_account(cast: Cast) -> None:
    ask(cast.teammate)
    sign_in(cast.stranger).post("/account/keep/")
    cast.teammate.refresh_from_db()
    assert cast.teammate.deletion_due_at is not None
    assert make_person("new@example.org").deletion_due_at is None
