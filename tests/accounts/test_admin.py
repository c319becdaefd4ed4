from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.domain.audit import SYSTEM, Act
from apps.accounts.domain.keys import Scope, digest_of
from apps.accounts.models import (
    ApiKey,
    AuditEvent,
    DataExport,
    Membership,
    Subscription,
    Tier,
    TierOverride,
    User,
    Workspace,
)
from apps.accounts.services.audit import record
from tests.accounts.cast import NOW, make_person
from tests.accounts.keys import READ, bearer, new_key
from tests.accounts.test_impersonation import make_operator, sign_in

if TYPE_CHECKING:
    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db
LISTS = ["user", "workspace", "tier", "tieroverride", "auditevent", "subscription"]
LISTS += ["stripeevent", "apikey", "dataexport"]

# The forms of the rows inside a person's page.
NO_ROWS = {
    f"{name}-{part}_FORMS": "0"
    for name in ("memberships", "usersession_set")
    for part in ("TOTAL", "INITIAL")
}


@pytest.fixture
def admin(cast: Cast) -> Client:
    return sign_in(make_operator())


def subscribe(workspace: Workspace, slug: str) -> Subscription:
    return Subscription.objects.create(
        workspace=workspace,
        stripe_id=f"sub_{workspace.id}",
        status="active",
        tier=Tier.objects.get(slug=slug),
        interval="month",
        started_at=NOW,
        current_period_end=NOW + timedelta(days=3650),
    )


def make_key(workspace: Workspace, person: User) -> ApiKey:
    return ApiKey.objects.create(
        workspace=workspace,
        created_by=person,
        name="Nightly",
        power="ro",
        scopes=["public:read"],
        digest=digest_of(str(workspace.id)),
        last_four="abcd",
    )


def make_rows(count: int, start: int = 0) -> None:
    """So many people, each with a plan, an agreement and something on record."""
    for n in range(start, start + count):
        person = make_person(f"person{n}@example.org")
        workspace = Workspace.objects.get(personal_of=person)
        subscribe(workspace, "pro")
        TierOverride.objects.create(workspace=workspace, reason="Agreed")
        make_key(workspace, person)
        DataExport.objects.create(user=person, origin="http://a.example", asked_at=NOW)
        record(act=Act.TIER_CHANGED, actor=SYSTEM, now=NOW, workspace_id=workspace.id)


def count_queries(admin: Client, address: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert admin.get(address).status_code == 200
    return len(seen)


@pytest.mark.parametrize("name", LISTS)
def test_a_list_asks_as_much_for_many_rows_as_for_few(admin: Client, name: str) -> None:
    address = f"/admin/accounts/{name}/"
    make_rows(2)
    few = count_queries(admin, address)
    make_rows(10, start=2)
    assert count_queries(admin, address) == few <= 12


def test_the_list_of_workspaces_names_the_tier_in_effect(
    admin: Client, cast: Cast
) -> None:
    subscribe(cast.workspace, "pro")
    own = Workspace.objects.get(personal_of=cast.owner)
    enterprise = Tier.objects.get(slug="enterprise")
    TierOverride.objects.create(workspace=own, tier=enterprise, reason="A promise")
    rows = admin.get("/admin/accounts/workspace/").context["cl"].result_list
    tiers = {row.pk: row.tier_name for row in rows}
    assert tiers[cast.workspace.id] == "Pro"
    assert tiers[own.id] == "Enterprise"
    assert sorted(tiers.values()).count("Free") == 5


def test_a_person_is_found_and_shows_workspaces_and_no_password(
    admin: Client, cast: Cast
) -> None:
    found = admin.get("/admin/accounts/user/?q=teammate")
    assert "teammate@example.org" in found.text
    assert "stranger@example.org" not in found.text
    page = admin.get(f"/admin/accounts/user/{cast.teammate.pk}/change/").text
    assert "Bridge builders" in page
    for word in ("pbkdf2", "argon2", "algorithm", cast.teammate.password):
        assert word not in page


def test_an_operator_sets_nobodys_password(admin: Client, cast: Cast) -> None:
    address = f"/admin/accounts/user/{cast.teammate.pk}/password/"
    assert admin.get(address).status_code == 403
    assert admin.post(address, {"password1": "x" * 12}).status_code == 403


def make_clerk() -> User:
    """One of the staff who may change people, and no more."""
    clerk = make_person("clerk@example.org", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="change_user"))
    return clerk


@pytest.mark.parametrize("whom", ["themselves", "another"])
def test_staff_gives_nobody_power(cast: Cast, whom: str) -> None:
    clerk = make_clerk()
    person = clerk if whom == "themselves" else cast.teammate
    wanted = {"email": person.email, "name": "New", "is_active": "on"}
    wanted |= {"is_staff": "on", "is_superuser": "on"}
    before = (person.is_staff, person.is_superuser)
    address = f"/admin/accounts/user/{person.pk}/change/"
    assert sign_in(clerk).post(address, wanted | NO_ROWS).status_code == 302
    person.refresh_from_db()
    assert person.name == "New"
    assert (person.is_staff, person.is_superuser) == before


def test_staff_changes_no_superuser(cast: Cast) -> None:
    clerk, chief = sign_in(make_clerk()), make_operator()
    address = f"/admin/accounts/user/{chief.pk}/change/"
    wanted = {"email": "clerk2@example.org", "is_active": "on"}
    assert clerk.post(address, wanted | NO_ROWS).status_code == 403
    form = {"action": "delete_later", "_selected_action": [str(chief.pk)]}
    page = clerk.post("/admin/accounts/user/", form, follow=True)
    assert "is a superuser: ask another one." in page.text
    for action in ("remove_factors", "sign_out", "keep"):
        clerk.post("/admin/accounts/user/", form | {"action": action})
    stored = User.objects.get(pk=chief.pk)
    assert (stored.email, stored.deletion_due_at) == ("operator@example.org", None)
    assert not AuditEvent.objects.filter(person_id=chief.pk, actor__isnull=False)


def test_an_operator_is_not_offered_a_look_at_staff(admin: Client, cast: Cast) -> None:
    offer = "See as this person"
    page = admin.get(f"/admin/accounts/user/{cast.teammate.pk}/change/")
    assert offer in page.text
    staff = make_person("staff@example.org", is_staff=True)
    assert offer not in admin.get(f"/admin/accounts/user/{staff.pk}/change/").text


def test_a_changed_tier_is_on_record_with_before_and_after(admin: Client) -> None:
    tier = Tier.objects.get(slug="pro")
    address = f"/admin/accounts/tier/{tier.pk}/change/"
    form = admin.get(address).context["adminform"].form
    fields = {name: value for name, value in form.initial.items() if value is not None}
    admin.post(address, fields | {"calls_per_hour": 20_000})
    tier.refresh_from_db()
    assert tier.calls_per_hour == 20_000
    event = AuditEvent.objects.get(act="operator.changed")
    assert event.subject == "tier Pro: changed"
    assert event.actor_label == "operator@example.org"
    assert event.details == {"calls_per_hour": {"before": 10_000, "after": 20_000}}


def workspace_form(cast: Cast, **fields: object) -> dict[str, object]:
    members = Membership.objects.filter(workspace=cast.workspace).order_by("pk")
    data: dict[str, object] = {"name": "Bridge builders"}
    data |= {"membership_set-TOTAL_FORMS": 4, "membership_set-INITIAL_FORMS": 4}
    for n, member in enumerate(members):
        data |= {
            f"membership_set-{n}-id": str(member.pk),
            f"membership_set-{n}-user": str(member.user_id),
            f"membership_set-{n}-role": member.role,
        }
    data |= {"tier_override-TOTAL_FORMS": 1, "tier_override-INITIAL_FORMS": 0}
    return data | fields


def test_an_agreement_made_inside_a_workspace_is_on_record(
    admin: Client, cast: Cast
) -> None:
    agreed = {
        "tier_override-0-tier": str(Tier.objects.get(slug="enterprise").pk),
        "tier_override-0-reason": "Pilot until spring",
    }
    address = f"/admin/accounts/workspace/{cast.workspace.pk}/change/"
    answer = admin.post(address, workspace_form(cast, **agreed))
    assert answer.status_code == 302
    event = AuditEvent.objects.get(act="operator.changed")
    assert event.workspace_id == cast.workspace.id
    assert event.details["reason"] == {"before": None, "after": "Pilot until spring"}
    page = admin.get(address).text
    assert "Enterprise: any number of calls an hour, all history" in page


def test_a_role_changed_inside_a_workspace_is_on_record(
    admin: Client, cast: Cast
) -> None:
    data = workspace_form(cast)
    n = next(k[:-5] for k, v in data.items() if v == "viewer")
    address = f"/admin/accounts/workspace/{cast.workspace.pk}/change/"
    assert admin.post(address, data | {f"{n}-role": "member"}).status_code == 302
    event = AuditEvent.objects.get(act="operator.changed")
    assert event.person_id == cast.viewer.id
    assert event.details == {"role": {"before": "viewer", "after": "member"}}


@pytest.mark.parametrize("change", [{"DELETE": "on"}, {"role": "viewer"}])
def test_the_keys_of_who_is_put_out_or_is_less_now_are_revoked(
    admin: Client, cast: Cast, change: dict[str, str]
) -> None:
    theirs = make_key(cast.workspace, cast.teammate)
    other = new_key(cast)
    data = workspace_form(cast)
    n = next(k[:-5] for k, v in data.items() if v == str(cast.teammate.pk))
    fields = {f"{n}-{name}": value for name, value in change.items()}
    address = f"/admin/accounts/workspace/{cast.workspace.pk}/change/"
    assert admin.post(address, data | fields).status_code == 302
    left = ApiKey.objects.filter(revoked_at=None)
    assert list(left.values_list("id", flat=True)) == [other.id]
    event = AuditEvent.objects.get(act="key.revoked")
    assert event.details["key"] == str(theirs.id)
    assert event.actor_label == "operator@example.org"


@pytest.mark.django_db(transaction=True)
def test_a_person_who_is_switched_off_takes_their_keys_along(
    admin: Client, cast: Cast
) -> None:
    key = new_key(cast, cast.teammate, scopes=[Scope.READ])
    call = bearer(key.secret)
    assert Client().get(READ, headers=call).status_code == 200
    address = f"/admin/accounts/user/{cast.teammate.pk}/change/"
    form = {"email": cast.teammate.email, "name": ""}
    form |= {"membership_set-TOTAL_FORMS": "0", "membership_set-INITIAL_FORMS": "0"}
    form |= {"usersession_set-TOTAL_FORMS": "0", "usersession_set-INITIAL_FORMS": "0"}
    assert admin.post(address, form).status_code == 302
    refused = Client().get(READ, headers=call)
    assert (refused.status_code, "key_revoked" in refused.text) == (401, True)
    assert admin.post(address, form | {"is_active": "on"}).status_code == 302
    assert Client().get(READ, headers=call).status_code == 200


@pytest.mark.parametrize("name", ["auditevent", "subscription", "stripeevent"])
def test_what_is_on_record_is_only_read(admin: Client, cast: Cast, name: str) -> None:
    record(act=Act.TIER_CHANGED, actor=SYSTEM, now=NOW)
    subscribe(cast.workspace, "pro")
    assert admin.get(f"/admin/accounts/{name}/add/").status_code == 403
    for row in (AuditEvent.objects.all(), Subscription.objects.all()):
        pk = row[0].pk
        for action in ("change", "delete"):
            address = f"/admin/accounts/{name}/{pk}/{action}/"
            assert admin.post(address, {"post": "yes"}).status_code in {302, 403}
    assert AuditEvent.objects.filter(act="tier.changed").count() == 1
    assert Subscription.objects.count() == 1


def test_the_log_is_filtered_by_act(admin: Client) -> None:
    record(act=Act.TIER_CHANGED, actor=SYSTEM, now=NOW, subject="the tier")
    record(act=Act.WORKSPACE_RENAMED, actor=SYSTEM, now=NOW, subject="the name")
    page = admin.get("/admin/accounts/auditevent/?act=tier.changed").text
    assert "the tier" in page
    assert "the name" not in page


def test_to_read_again_says_that_no_biller_is_set_up(admin: Client, cast: Cast) -> None:
    row = subscribe(cast.workspace, "pro")
    chosen = {"action": "reread", "_selected_action": str(row.pk)}
    answer = admin.post("/admin/accounts/subscription/", chosen, follow=True)
    assert "not set up" in answer.text


def test_an_operator_signs_a_person_out_everywhere(admin: Client, cast: Cast) -> None:
    theirs = sign_in(cast.teammate)
    UserSession.objects.create(
        user=cast.teammate,
        session_key=theirs.session.session_key,
        ip="192.0.2.7",
        user_agent="A browser",
    )
    page = admin.get(f"/admin/accounts/user/{cast.teammate.pk}/change/").text
    assert "192.0.2.7" in page
    assert str(theirs.session.session_key) not in page
    chosen = {"action": "sign_out", "_selected_action": str(cast.teammate.pk)}
    answer = admin.post("/admin/accounts/user/", chosen, follow=True)
    assert "1 sessions ended." in answer.text
    assert theirs.get("/workspaces/").status_code == 302
    event = AuditEvent.objects.get(act="person.session_ended")
    assert event.actor_label == "operator@example.org"
    assert event.person_id == cast.teammate.id


def test_an_operator_revokes_a_key_and_never_sees_it(admin: Client, cast: Cast) -> None:
    key = make_key(cast.workspace, cast.owner)
    for address in ("", f"{key.pk}/change/"):
        page = admin.get(f"/admin/accounts/apikey/{address}").text
        assert "abcd" in page
        assert key.digest not in page
    assert admin.get("/admin/accounts/apikey/add/").status_code == 403
    chosen = {"action": "revoke", "_selected_action": str(key.pk)}
    for answer in ("1 keys revoked.", "0 keys revoked."):
        page = admin.post("/admin/accounts/apikey/", chosen, follow=True).text
        assert answer in page
    key.refresh_from_db()
    assert key.revoked_at is not None
    event = AuditEvent.objects.get(act="key.revoked")
    assert event.actor_label == "operator@example.org"
    assert event.workspace_id == cast.workspace.id


def test_an_operator_has_an_account_deleted_by_the_way_of_grace(
    admin: Client, cast: Cast
) -> None:
    address = f"/admin/accounts/user/{cast.teammate.pk}/delete/"
    assert admin.post(address, {"post": "yes"}).status_code == 403
    chosen = {"_selected_action": [str(cast.teammate.pk), str(cast.owner.pk)]}
    page = admin.post(
        "/admin/accounts/user/", chosen | {"action": "delete_later"}, follow=True
    ).text
    assert re.search(r"To be deleted on \d\d \w+ \d{4}: teammate@example.org", page)
    assert "wner@example.org: You are the only owner of Bridge builders" in page
    kept = admin.post("/admin/accounts/user/", chosen | {"action": "keep"}, follow=True)
    assert "1 accounts stay." in kept.text
    event = AuditEvent.objects.get(act="person.deletion_asked")
    assert event.actor_label == "operator@example.org"
    assert event.person_id == cast.teammate.id
