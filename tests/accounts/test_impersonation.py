from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import Permission
from django.core import signing
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.domain.audit import Actor
from apps.accounts.models import AuditEvent, User, Workspace
from apps.accounts.selectors.impersonation import SESSION_KEY, find_impersonated
from apps.accounts.services.impersonation import start_impersonation
from apps.accounts.web.impersonation import _hidden
from apps.core.errors import ForbiddenError
from apps.core.ids import new_id
from tests.accounts.cast import NOW, make_person
from tests.accounts.keys import lift_limits
from tests.accounts.test_access import ROUTES

if TYPE_CHECKING:
    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db
REASON = "Ticket 4711: the run list looks empty"


def make_operator(email: str = "operator@example.org") -> User:
    return make_person(email, is_staff=True, is_superuser=True)


def sign_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def see_as(person: User, operator: User | None = None) -> Client:
    client = sign_in(operator or make_operator())
    begun = client.post(f"/admin/accounts/user/{person.pk}/see-as/", {"reason": REASON})
    assert begun.status_code == 302
    return client


def age_flag(client: Client, age: timedelta) -> None:
    """Let the look have begun so long ago."""
    session = client.session
    data = signing.loads(session[SESSION_KEY], salt="apps.accounts.impersonation")
    began = datetime.fromisoformat(data["started_at"]) - age
    changed = data | {"started_at": began.isoformat()}
    session[SESSION_KEY] = signing.dumps(changed, salt="apps.accounts.impersonation")
    session.save()


def events(act: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(act=f"impersonation.{act}").order_by("id"))


def test_an_operator_sees_what_the_person_sees_under_a_banner(cast: Cast) -> None:
    client = see_as(cast.teammate)
    page = client.get(f"/workspaces/{cast.workspace.id}/")
    assert page.status_code == 200
    assert "You see this as <strong>teammate@example.org</strong>" in page.text
    assert f"Reason: {REASON}" in page.text
    assert "no-store" in page.headers["Cache-Control"]


def test_a_stranger_to_a_workspace_stays_one(cast: Cast) -> None:
    client = see_as(cast.stranger)
    assert client.get(f"/workspaces/{cast.workspace.id}/").status_code == 404


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize(
    "address", ["/theme/", "/sign-out/", "/api/account/workspaces/", "/api/v1/runs"]
)
def test_nothing_can_be_changed(cast: Cast, address: str, method: str) -> None:
    client = see_as(cast.owner)
    answer = getattr(client, method)(address)
    assert answer.status_code == 403
    assert "You look as owner@example.org: change nothing." in answer.text
    assert SESSION_KEY in client.session


def test_a_program_is_refused_by_a_problem(cast: Cast) -> None:
    answer = see_as(cast.owner).post("/api/account/workspaces/", {"name": "New"})
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "forbidden"
    assert not Workspace.objects.filter(name="New").exists()


@pytest.mark.parametrize("address", ["/account/", "/admin/", "/sign-in/"])
def test_what_a_person_keeps_to_themselves_is_not_shown(
    cast: Cast, address: str
) -> None:
    answer = see_as(cast.owner).get(address)
    assert answer.status_code in {403, 404}
    assert "Django administration" not in answer.text


def test_credentials_are_not_shown(cast: Cast) -> None:
    address = f"/workspaces/{cast.workspace.id}/credentials/"
    assert sign_in(cast.owner).get(address).status_code == 200
    answer = see_as(cast.owner).get(address)
    assert answer.status_code == 403
    assert "not shown to who looks as another" in answer.text


def kind_of(route: str) -> str:
    """What of a workspace an address is about, such as its keys."""
    return route.partition("<uuid:workspace_id>/")[2].partition("/")[0]


def test_the_api_shows_nothing_that_a_hidden_page_keeps(cast: Cast) -> None:
    lift_limits()
    client = see_as(cast.owner)
    pages = [route for route in ROUTES if route.name in _hidden and not route.is_api]
    kinds = {kind_of(route.route) for route in pages}
    assert kinds == {"keys", "webhooks", "credentials"}
    twins = [one for one in ROUTES if one.is_api and kind_of(one.route) in kinds]
    assert len(twins) == 9
    for twin in twins:
        values = {"workspace_id": cast.workspace.id, "provider": "acme"}
        parts = {name: values.get(name) or new_id() for name in twin.parts}
        answer = client.get(reverse(twin.name, kwargs=parts))
        assert answer.status_code == 403, twin.route
        assert "not shown to who looks as another" in answer.json()["detail"]


def test_begin_and_end_are_on_record_in_each_workspace_of_the_person(
    cast: Cast,
) -> None:
    client = see_as(cast.teammate)
    client.post("/impersonation/stop/")
    own = Workspace.objects.get(personal_of=cast.teammate)
    for act in ("started", "stopped"):
        found = events(act)
        assert {one.workspace_id for one in found} == {own.id, cast.workspace.id}
        assert {one.actor_label for one in found} == {"operator@example.org"}
        assert {one.person_id for one in found} == {cast.teammate.id}
        assert {one.details["reason"] for one in found} == {REASON}


def test_after_stopping_the_operator_is_who_they_were(cast: Cast) -> None:
    client = see_as(cast.teammate)
    before = client.session.session_key
    answer = client.post("/impersonation/stop/")
    back = f"/admin/accounts/user/{cast.teammate.pk}/change/"
    assert answer.headers["Location"] == back
    assert client.session.session_key == before
    page = client.get(back)
    assert page.status_code == 200
    assert "You see this as" not in page.text


def test_a_look_ends_by_itself_and_the_next_change_is_refused(cast: Cast) -> None:
    client = see_as(cast.teammate)
    age_flag(client, timedelta(minutes=30))
    answer = client.post("/theme/", {"theme": "dark"})
    assert answer.status_code == 403
    assert "has ended" in answer.text
    assert SESSION_KEY not in client.session
    assert {one.details["ended"] for one in events("stopped")} == {"time"}
    assert "You see this as" not in client.get("/").text


def test_a_look_lasts_until_its_last_second(cast: Cast) -> None:
    client = see_as(cast.teammate)
    age_flag(client, timedelta(minutes=29))
    assert "You see this as" in client.get("/workspaces/").text


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_staff": True}])
def test_a_look_ends_when_the_person_changes(
    cast: Cast, change: dict[str, bool]
) -> None:
    client = see_as(cast.teammate)
    User.objects.filter(pk=cast.teammate.pk).update(**change)
    assert "You see this as" not in client.get("/").text
    assert {one.details["ended"] for one in events("stopped")} == {"refused"}


def test_a_look_ends_when_the_operator_may_no_longer(cast: Cast) -> None:
    operator = make_operator()
    client = see_as(cast.teammate, operator)
    User.objects.filter(pk=operator.pk).update(is_superuser=False)
    assert "You see this as" not in client.get("/").text


@pytest.mark.parametrize("flag", ["", "forged", 7, {"person": "x"}])
def test_a_flag_that_we_did_not_sign_is_none(cast: Cast, flag: object) -> None:
    client = sign_in(make_operator())
    session = client.session
    session[SESSION_KEY] = flag
    session.save()
    assert client.get("/").status_code == 200
    assert SESSION_KEY not in client.session


def test_a_flag_of_another_operator_is_none(cast: Cast) -> None:
    first = see_as(cast.teammate)
    other = make_operator("other@example.org")
    sealed = first.session[SESSION_KEY]
    assert find_impersonated(sealed, other, timezone.now()) is None


def test_staff_without_the_permission_may_not(cast: Cast) -> None:
    staff = make_person("staff@example.org", is_staff=True)
    staff.user_permissions.set(
        Permission.objects.filter(codename__in=["view_user", "change_user"])
    )
    client = sign_in(staff)
    address = f"/admin/accounts/user/{cast.teammate.pk}/see-as/"
    assert client.get(address).status_code == 403
    assert client.post(address, {"reason": REASON}).status_code == 403
    assert SESSION_KEY not in client.session
    assert events("started") == []


def test_the_permission_suffices(cast: Cast) -> None:
    staff = make_person("staff@example.org", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename="impersonate_user"))
    assert SESSION_KEY in see_as(cast.teammate, staff).session


@pytest.mark.parametrize("change", [{"is_staff": True}, {"is_superuser": True}])
def test_nobody_looks_as_staff(cast: Cast, change: dict[str, bool]) -> None:
    User.objects.filter(pk=cast.teammate.pk).update(**change)
    client = sign_in(make_operator())
    address = f"/admin/accounts/user/{cast.teammate.pk}/see-as/"
    assert client.post(address, {"reason": REASON}).status_code == 404
    assert events("started") == []


def test_a_look_within_a_look_is_refused(cast: Cast) -> None:
    client = see_as(cast.teammate)
    address = f"/admin/accounts/user/{cast.owner.pk}/see-as/"
    assert client.post(address, {"reason": REASON}).status_code == 403
    assert client.get(address).status_code == 403
    page = client.get("/workspaces/")
    assert "You see this as <strong>teammate@example.org</strong>" in page.text


@pytest.mark.parametrize("reason", ["", "   ", "x" * 301])
def test_a_look_needs_a_reason(cast: Cast, reason: str) -> None:
    client = sign_in(make_operator())
    address = f"/admin/accounts/user/{cast.teammate.pk}/see-as/"
    assert client.post(address, {"reason": reason}).status_code == 422
    assert SESSION_KEY not in client.session


def test_other_people_cannot_begin_or_stop_one(cast: Cast) -> None:
    client = sign_in(cast.owner)
    address = f"/admin/accounts/user/{cast.teammate.pk}/see-as/"
    assert client.post(address, {"reason": REASON}).status_code == 302  # to sign in
    assert SESSION_KEY not in client.session
    assert client.post("/impersonation/stop/").headers["Location"] == "/"


def test_stopping_needs_a_token(cast: Cast) -> None:
    client = see_as(cast.teammate)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    assert strict.post("/impersonation/stop/").status_code == 403
    assert events("stopped") == []


def test_the_service_refuses_who_may_not(cast: Cast) -> None:
    actor = Actor(cast.owner.id, "owner@example.org")
    with pytest.raises(ForbiddenError, match="may not see pages"):
        start_impersonation(
            operator=cast.owner,
            person_id=cast.teammate.id,
            reason=REASON,
            actor=actor,
            now=NOW,
        )
