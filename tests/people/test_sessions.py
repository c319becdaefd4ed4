from __future__ import annotations

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client

from apps.accounts.models import AuditEvent
from tests.people.acting import Visitor, acts, make_person

pytestmark = pytest.mark.django_db


def test_a_session_elsewhere_is_listed_and_signed_out_at_once(
    visitor: Visitor,
) -> None:
    make_person()
    visitor.sign_in()
    other = Visitor(Client(HTTP_USER_AGENT="Lynx/2.9", REMOTE_ADDR="192.0.2.4"))
    other.sign_in()
    page = visitor.read("/account/sessions/")
    assert "Lynx</th>" in page
    assert "192.0.2.4" in page
    session = UserSession.objects.get(ip="192.0.2.4")
    visitor.client.post(f"/account/sessions/{session.pk}/end/")
    assert not other.is_signed_in()
    assert visitor.is_signed_in()
    event = AuditEvent.objects.latest("at")
    assert event.act == "person.session_ended"
    assert event.details == {"address": "192.0.2.4", "browser": "Lynx/2.9"}


def test_all_other_sessions_are_signed_out_together(visitor: Visitor) -> None:
    make_person()
    others = [Visitor(), Visitor()]
    for one in (visitor, *others):
        one.sign_in()
    visitor.client.post("/account/sessions/")
    assert [one.is_signed_in() for one in (visitor, *others)] == [True, False, False]


def test_the_present_session_is_left_by_signing_out_alone(visitor: Visitor) -> None:
    make_person()
    visitor.sign_in()
    session = UserSession.objects.get()
    visitor.client.post(f"/account/sessions/{session.pk}/end/")
    assert "sign out instead" in visitor.read("/account/sessions/")
    assert visitor.is_signed_in()


def test_nobody_ends_the_session_of_another(visitor: Visitor) -> None:
    make_person()
    make_person("eve@example.org")
    eve = Visitor()
    visitor.sign_in()
    eve.sign_in("eve@example.org")
    session = UserSession.objects.get(user__email="ada@example.org")
    answer = eve.client.post(f"/account/sessions/{session.pk}/end/")
    assert answer.status_code == 404
    assert visitor.is_signed_in()
    assert "person.session_ended" not in acts()
