from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from django_celery_beat.models import PeriodicTask

from apps.accounts.models import User
from apps.benchmarks.models import Run, Schedule, SuiteVersion
from apps.benchmarks.services.runs import cancel_run
from tests.engine.cast import NOW, make_model, make_run, make_suite

if TYPE_CHECKING:
    from uuid import UUID

    from django.test import Client

pytestmark = pytest.mark.django_db
NOWHERE = "http://127.0.0.1:9/v1"


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("admin@example.com"))
    return client


def _act(admin: Client, action: str, run_id: UUID) -> None:
    admin.post(
        reverse("admin:benchmarks_run_changelist"),
        {"action": action, "_selected_action": str(run_id)},
    )


def test_a_run_is_cancelled_and_resumed_from_the_admin(admin: Client) -> None:
    run_id = make_run(make_suite(1), make_model(NOWHERE))
    _act(admin, "cancel", run_id)
    assert Run.objects.get(pk=run_id).status == "cancelled"
    _act(admin, "resume", run_id)
    assert Run.objects.get(pk=run_id).status == "queued"


def test_who_may_only_look_cancels_nothing(client: Client) -> None:
    run_id = make_run(make_suite(1), make_model(NOWHERE))
    client.force_login(User.objects.create_user("staff@example.com", is_staff=True))
    _act(client, "cancel", run_id)
    assert Run.objects.get(pk=run_id).status == "queued"


def test_no_run_is_deleted_or_edited_in_the_admin(admin: Client) -> None:
    run_id = make_run(make_suite(1), make_model(NOWHERE))
    cancel_run(run_id=run_id, now=NOW)
    page = admin.get(reverse("admin:benchmarks_run_change", args=[run_id]))
    assert b"fake" in page.content
    assert b'name="_save"' not in page.content
    gone = admin.post(
        reverse("admin:benchmarks_run_delete", args=[run_id]), {"post": "yes"}
    )
    assert gone.status_code == 403
    assert Run.objects.filter(pk=run_id).exists()


def test_adding_a_run_leads_to_the_page_that_starts_one(admin: Client) -> None:
    answer = admin.get(reverse("admin:benchmarks_run_add"))
    assert answer.headers["location"] == reverse("new_run")


def _save_schedule(admin: Client, cron: str, **changed: str) -> bytes:
    suite = SuiteVersion.objects.get(pk=make_suite(1)).suite
    fields = {
        "name": "Nightly",
        "suite": str(suite.id),
        "run_models": [str(make_model(NOWHERE))],
        "iterations": "1",
        "cron": cron,
        "is_enabled": "on",
        **changed,
    }
    return admin.post(reverse("admin:benchmarks_schedule_add"), fields).content


def test_a_schedule_saved_in_the_admin_is_the_schedulers_too(admin: Client) -> None:
    _save_schedule(admin, "30 2 * * *")
    schedule = Schedule.objects.get(name="Nightly")
    job = PeriodicTask.objects.get(task="benchmarks.run_schedule")
    assert (job.crontab.minute, job.crontab.hour) == ("30", "2")
    address = reverse("admin:benchmarks_schedule_delete", args=[schedule.id])
    admin.post(address, {"post": "yes"})
    assert not Schedule.objects.exists()
    assert not PeriodicTask.objects.filter(pk=job.pk).exists()


def test_a_bad_cron_expression_is_refused_in_the_form(admin: Client) -> None:
    assert b"it needs 5" in _save_schedule(admin, "2 * *")
    assert not Schedule.objects.exists()
    assert not PeriodicTask.objects.filter(task="benchmarks.run_schedule").exists()


@pytest.mark.parametrize("field", ["iterations", "sample_limit"])
def test_a_schedule_of_nothing_is_refused_in_the_form(
    admin: Client, field: str
) -> None:
    page = _save_schedule(admin, "0 * * * *", **{field: "0"})
    assert b"greater than or equal to 1" in page
    assert not Schedule.objects.exists()
