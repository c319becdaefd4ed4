from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import override_settings
from django.utils import timezone

from apps.core.heartbeats import Kind, beat
from apps.core.web.alarm import FRESH_SECONDS, Alarm, find_trouble

if TYPE_CHECKING:
    from django.test import Client

    from apps.accounts.models import User

pytestmark = pytest.mark.django_db
NOWHERE = "unix:///nowhere/valkey.sock?db=0"


def test_staff_see_what_fails_and_what_to_do(admin_client: Client) -> None:
    page = admin_client.get("/status/")
    text = page.content.decode()
    assert page.status_code == 200
    assert "Start the scheduler: the `scheduler` line of the Procfile." in text
    assert "attention" in text


def test_a_process_stands_there_by_name_and_word(admin_client: Client) -> None:
    facts = {"queues": ["default"], "slots": 4, "active": 1, "connected": True}
    beat(Kind.WORKER, "seen@here", timezone.now(), facts)
    text = admin_client.get("/status/").content.decode()
    assert "seen@here" in text
    assert '<span class="tag pass">alive</span>' in text
    assert "1 of 4" in text


@override_settings(HEARTBEAT_URL=NOWHERE)
def test_the_page_stands_without_redis(admin_client: Client) -> None:
    page = admin_client.get("/status/")
    assert page.status_code == 200
    assert "Redis does not answer" in page.content.decode()


def test_the_twin_tells_the_same(admin_client: Client) -> None:
    said = admin_client.get("/status.json").json()
    assert {check["name"] for check in said["checks"]} >= {"database", "scheduler"}
    assert said["versions"]["python"].startswith("3.")


def test_a_visitor_is_asked_to_sign_in(client: Client) -> None:
    answer = client.get("/status/")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/sign-in/?next=/status/"


def test_a_member_who_is_not_staff_is_refused(
    client: Client, django_user_model: type[User]
) -> None:
    client.force_login(django_user_model.objects.create_user(email="a@example.com"))
    assert client.get("/status/").status_code == 403
    assert client.get("/status.json").status_code == 403


@override_settings(CELERY_TASK_ALWAYS_EAGER=False, HEARTBEAT_URL=NOWHERE)
def test_trouble_is_told_to_staff_on_every_page_and_to_nobody_else(
    admin_client: Client, client: Client
) -> None:
    assert find_trouble().startswith("Redis does not answer")
    assert "Redis does not answer" in admin_client.get("/about/").content.decode()
    assert "Redis does not answer" not in client.get("/about/").content.decode()


def test_trouble_is_looked_up_at_most_every_few_seconds() -> None:
    now, looks = [0.0], []

    def find() -> str:
        looks.append(now[0])
        return f"seen at {now[0]}"

    alarm = Alarm(find, clock=lambda: now[0])
    assert [alarm.message(), alarm.message()] == ["seen at 0.0", "seen at 0.0"]
    now[0] = FRESH_SECONDS
    assert alarm.message() == f"seen at {FRESH_SECONDS}"
    assert looks == [0.0, FRESH_SECONDS]
