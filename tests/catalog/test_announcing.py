"""New models whose broker is down when they are found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from celery.signals import task_prerun

from apps.catalog.models import Model, Provider
from apps.catalog.pipelines.sync import SyncStatus, sync_catalogue
from tests.fakes.broker import DOWN, sending_to

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fakes.llm_server import FakeLLM

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)


@pytest.fixture
def announced() -> Iterator[list[list[str]]]:
    """The ids that were handed over, one list for each time that it happened."""
    seen: list[list[str]] = []

    def notice(task: Any, kwargs: Any, **_: object) -> None:
        if task.name == "benchmarks.benchmark_new_models":
            seen.append(kwargs["model_ids"])

    task_prerun.connect(notice)
    yield seen
    task_prerun.disconnect(notice)


def _find_while_the_broker_is_down() -> None:
    with sending_to(DOWN):
        outcomes = sync_catalogue(now=NOW)
    assert {outcome.status for outcome in outcomes} == {SyncStatus.SYNCED}


def test_a_broker_that_is_down_holds_up_no_other_provider(
    server: FakeLLM, fake: Provider
) -> None:
    Provider.objects.create(
        name="second",
        display_name="Second",
        gateway="openai_compatible",
        base_url=server.base_url,
        key_variable="FAKE_API_KEY",
    )
    server.models = ({"id": "a"},)
    _find_while_the_broker_is_down()
    found = Model.objects.filter(name="a").values_list("provider__name", flat=True)
    assert sorted(found) == ["fake", "second"]


def test_what_the_broker_did_not_take_is_handed_over_once_with_the_next_listing(
    server: FakeLLM, fake: Provider, announced: list[list[str]]
) -> None:
    server.models = ({"id": "a"},)
    _find_while_the_broker_is_down()
    assert announced == []
    server.models = ({"id": "a"}, {"id": "b"})
    sync_catalogue(now=LATER)
    sync_catalogue(now=LATER)
    names = Model.objects.order_by("name")
    assert announced == [[str(model.id) for model in names]]


def test_a_model_that_is_new_no_longer_is_not_handed_over(
    server: FakeLLM, fake: Provider, announced: list[list[str]]
) -> None:
    server.models = ({"id": "a"},)
    _find_while_the_broker_is_down()
    sync_catalogue(now=NOW + timedelta(days=31))
    assert announced == []
