from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client

from apps.benchmarks.models import Run, RunStatus
from tests.web import cast

if TYPE_CHECKING:
    from uuid import UUID

pytestmark = pytest.mark.django_db


def sign_in_staff(client: Client) -> None:
    client.force_login(cast.make_person("staff@example.org", is_staff=True))


def ask(model_id: UUID, **fields: object) -> dict[str, object]:
    return {"suite": "starter", "models": [str(model_id)], "epochs": 1, **fields}


def test_staff_start_a_run_from_the_page(client: Client) -> None:
    sign_in_staff(client)
    cast.make_suite()
    response = client.post("/runs/new/", ask(cast.make_model(), epochs=2, limit=3))
    run = Run.objects.get()
    assert response.headers["Location"] == f"/runs/{run.id}/"
    assert (run.samples, run.trigger, run.status) == (6, "page", "queued")
    assert run.created_by is not None


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"epochs": 0}, "greater than or equal"),
        ({"models": []}, "required"),
        ({"models": ["nonsense"]}, "not one of the available"),
        ({"suite": "other"}, "not one of the available"),
        ({"limit": "many"}, "whole number"),
        ({"max_cost": "-1"}, "greater than or equal"),
    ],
)
def test_a_bad_form_starts_nothing_and_says_why(
    client: Client, fields: dict[str, object], word: str
) -> None:
    sign_in_staff(client)
    cast.make_suite()
    response = client.post("/runs/new/", ask(cast.make_model(), **fields))
    assert response.status_code == 422
    assert word in response.content.decode()
    assert not Run.objects.exists()


def test_a_cost_limit_without_a_price_is_refused_with_advice(client: Client) -> None:
    sign_in_staff(client)
    cast.make_suite()
    model_id = cast.make_model(input_price=None, price_source="unknown")
    response = client.post("/runs/new/", ask(model_id, max_cost="1"))
    assert response.status_code == 422
    assert "price of local/small is unknown" in response.content.decode()
    assert not Run.objects.exists()


@pytest.mark.parametrize("address", ["new/", "{}/cancel/", "{}/resume/"])
@pytest.mark.parametrize("signed_in", [True, False])
def test_only_staff_may_act_on_runs(
    client: Client, address: str, *, signed_in: bool
) -> None:
    run_id = cast.make_run(cast.make_suite(), cast.make_model())
    if signed_in:
        client.force_login(cast.make_person("someone@example.org"))
    response = client.post(f"/runs/{address.format(run_id)}", ask(run_id))
    assert response.status_code == 403
    assert [run.status for run in Run.objects.all()] == [RunStatus.QUEUED]


def test_a_form_from_elsewhere_changes_nothing() -> None:
    client = Client(enforce_csrf_checks=True)
    sign_in_staff(client)
    run_id = cast.make_run(cast.make_suite(), cast.make_model())
    response = client.post(f"/runs/{run_id}/cancel/")
    assert response.status_code == 403
    assert "had expired or came from elsewhere" in response.content.decode()
    assert Run.objects.get().status == RunStatus.QUEUED


def test_staff_cancel_and_resume_a_run(client: Client) -> None:
    sign_in_staff(client)
    run_id = cast.make_run(cast.make_suite(), cast.make_model())
    page = client.post(f"/runs/{run_id}/cancel/", follow=True).content.decode()
    assert Run.objects.get().status == RunStatus.CANCELLED
    assert "finished samples are kept" in page
    page = client.post(f"/runs/{run_id}/resume/", follow=True).content.decode()
    assert Run.objects.get().status == RunStatus.QUEUED
    assert "The run goes on" in page


def test_a_run_with_nothing_left_to_do_is_not_resumed(client: Client) -> None:
    sign_in_staff(client)
    run_id = cast.make_run(cast.make_suite(), cast.make_model())
    cast.grade(run_id, cast.always)
    page = client.post(f"/runs/{run_id}/resume/", follow=True).content.decode()
    assert "nothing left to do" in page
    assert Run.objects.get().status == RunStatus.COMPLETED


def test_a_run_is_not_cancelled_by_reading(client: Client) -> None:
    sign_in_staff(client)
    run_id = cast.make_run(cast.make_suite(), cast.make_model())
    assert client.get(f"/runs/{run_id}/cancel/").status_code == 405
    assert Run.objects.get().status == RunStatus.QUEUED


def test_an_action_on_no_run_is_not_found(client: Client) -> None:
    sign_in_staff(client)
    nothing = "01936b7e-0000-7000-8000-000000000000"
    assert client.post(f"/runs/{nothing}/cancel/").status_code == 404
