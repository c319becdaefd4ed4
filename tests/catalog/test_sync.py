"""Discovering the models that providers list."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from celery.signals import task_prerun

from apps.catalog.models import Model, PriceSource, Provider
from apps.catalog.pipelines.sync import SyncStatus, sync_catalogue
from apps.catalog.selectors.models import list_models
from apps.catalog.services.catalogue import load_catalogue
from apps.catalog.tasks import sync
from apps.core.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django import DjangoCaptureOnCommitCallbacks
    from pytest_django.fixtures import Settings

    from tests.fakes.llm_server import FakeLLM

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)


def lists(server: FakeLLM, *names: str, **fields: Any) -> None:
    server.models = tuple({"id": name, **fields} for name in names)


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


def test_a_new_model_is_marked_and_handed_over_to_be_benchmarked(
    server: FakeLLM,
    fake: Provider,
    announced: list[list[str]],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    lists(server, "a", "maker/b")
    with django_capture_on_commit_callbacks(execute=True):
        (outcome,) = sync_catalogue(now=NOW)
    assert (outcome.status, outcome.listed) == (SyncStatus.SYNCED, 2)
    assert outcome.new == ("fake/a", "fake/maker/b")
    rows = list_models(provider="fake")
    assert [(row.name, row.is_new, row.first_seen_at) for row in rows] == [
        ("a", True, NOW),
        ("maker/b", True, NOW),
    ]
    assert announced == [[str(row.id) for row in rows]]


def test_a_second_sync_announces_nothing(
    server: FakeLLM,
    fake: Provider,
    announced: list[list[str]],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    lists(server, "a")
    with django_capture_on_commit_callbacks(execute=True):
        sync_catalogue(now=NOW)
    announced.clear()
    with django_capture_on_commit_callbacks(execute=True):
        (outcome,) = sync_catalogue(now=LATER)
    assert outcome.new == ()
    assert announced == []
    (row,) = list_models(provider="fake")
    assert (row.first_seen_at, row.last_seen_at) == (NOW, LATER)


def test_a_whole_catalogue_at_once_is_not_benchmarked_unasked(
    server: FakeLLM,
    fake: Provider,
    announced: list[list[str]],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    lists(server, *(f"m{number}" for number in range(11)))
    with django_capture_on_commit_callbacks(execute=True):
        (outcome,) = sync_catalogue(now=NOW)
    assert len(outcome.new) == 11
    assert "too many new models" in outcome.detail
    assert announced == []
    assert Model.objects.filter(is_new=True).count() == 11


def test_a_vanished_model_is_deprecated_and_a_returned_one_is_not_any_more(
    server: FakeLLM, fake: Provider
) -> None:
    lists(server, "a", "b")
    sync_catalogue(now=NOW)
    lists(server, "b")
    (gone,) = sync_catalogue(now=LATER)
    assert gone.deprecated == ("fake/a",)
    assert Model.objects.get(name="a").deprecated_at == LATER
    lists(server, "a", "b")
    (back,) = sync_catalogue(now=LATER)
    assert (back.returned, back.new) == (("fake/a",), ())
    assert not Model.objects.filter(is_deprecated=True).exists()


def test_a_model_entered_by_hand_and_never_listed_is_left_alone(
    server: FakeLLM, fake: Provider
) -> None:
    Model.objects.create(
        provider=fake, name="alias", upstream_name="alias", display_name="Alias"
    )
    lists(server, "a")
    (outcome,) = sync_catalogue(now=NOW)
    assert outcome.deprecated == ()
    assert not Model.objects.get(name="alias").is_deprecated


def test_every_setting_of_a_listed_model_is_seen(
    server: FakeLLM, fake: Provider
) -> None:
    for name in ("a-cold", "a-warm"):
        Model.objects.create(
            provider=fake, name=name, upstream_name="a", display_name=name
        )
    lists(server, "a")
    (outcome,) = sync_catalogue(now=NOW)
    assert outcome.new == ()
    assert set(Model.objects.values_list("last_seen_at", flat=True)) == {NOW}


@pytest.mark.parametrize("status", [401, 500])
def test_a_listing_that_fails_changes_nothing(
    server: FakeLLM, fake: Provider, status: int
) -> None:
    lists(server, "a")
    sync_catalogue(now=NOW)
    server.models_status = status
    (outcome,) = sync_catalogue(now=LATER)
    assert (outcome.status, outcome.deprecated) == (SyncStatus.FAILED, ())
    assert outcome.detail.startswith(str(status))
    assert not Model.objects.get(name="a").is_deprecated
    assert Provider.objects.get(name="fake").synced_at == NOW


def test_an_empty_listing_deprecates_nothing(server: FakeLLM, fake: Provider) -> None:
    lists(server, "a")
    sync_catalogue(now=NOW)
    lists(server)
    (outcome,) = sync_catalogue(now=LATER)
    assert (outcome.listed, outcome.deprecated) == (0, ())


def test_one_failure_does_not_hold_up_the_others(
    server: FakeLLM, fake: Provider, settings: Settings
) -> None:
    load_catalogue(now=NOW)
    settings.OPENAI_API_KEY = "key-1"
    Provider.objects.filter(name="openai").update(base_url="http://127.0.0.1:9/v1")
    lists(server, "a")
    outcomes = {outcome.provider: outcome for outcome in sync_catalogue(now=NOW)}
    assert outcomes["openai"].status is SyncStatus.FAILED
    assert outcomes["fake"].status is SyncStatus.SYNCED
    assert outcomes["anthropic"].status is SyncStatus.SKIPPED
    assert outcomes["anthropic"].detail == "no key (set ANTHROPIC_API_KEY)"
    assert outcomes["embedded"].status is SyncStatus.SKIPPED


def test_only_the_named_provider_is_asked(server: FakeLLM, fake: Provider) -> None:
    load_catalogue(now=NOW)
    assert [o.provider for o in sync_catalogue(now=NOW, provider="fake")] == ["fake"]
    with pytest.raises(NotFoundError):
        sync_catalogue(now=NOW, provider="nope")


def test_a_model_stays_new_for_a_month(server: FakeLLM, fake: Provider) -> None:
    lists(server, "a")
    sync_catalogue(now=NOW)
    sync_catalogue(now=NOW + timedelta(days=29))
    assert Model.objects.get(name="a").is_new
    sync_catalogue(now=NOW + timedelta(days=30))
    assert not Model.objects.get(name="a").is_new


def test_a_price_that_the_provider_lists_is_taken_where_none_is_known(
    server: FakeLLM, fake: Provider
) -> None:
    pricing = {"prompt": "0.0000025", "completion": "0.00001"}
    lists(server, "a", pricing=pricing, context_length=8192)
    sync_catalogue(now=NOW)
    model = Model.objects.get(name="a")
    assert (model.input_price, model.output_price) == (Decimal("2.5"), Decimal(10))
    assert model.price_source == PriceSource.PROVIDER
    assert model.context_window == 8192


def test_the_package_of_prices_wins_over_the_listing(
    server: FakeLLM, fake: Provider
) -> None:
    Provider.objects.filter(name="fake").update(name="openai")
    lists(server, "gpt-4o", pricing={"prompt": "1", "completion": "1"})
    sync_catalogue(now=NOW)
    model = Model.objects.get(name="gpt-4o")
    assert (model.input_price, model.output_price) == (Decimal("2.5"), Decimal(10))
    assert model.price_source == PriceSource.GENAI_PRICES


def test_a_hand_entered_price_wins_over_everything(
    server: FakeLLM, fake: Provider
) -> None:
    pricing = {"prompt": "0.0000025", "completion": "0.00001"}
    lists(server, "a", pricing=pricing)
    sync_catalogue(now=NOW)
    Model.objects.filter(name="a").update(input_price=7, price_source=PriceSource.HAND)
    sync_catalogue(now=LATER)
    load_catalogue(now=LATER)
    model = Model.objects.get(name="a")
    assert model.input_price == Decimal(7)
    assert model.price_source == PriceSource.HAND


def test_a_name_that_no_command_line_can_hold_is_passed_over(
    server: FakeLLM, fake: Provider
) -> None:
    lists(server, "good", "a,b", "x" * 201, "line\nbreak", "")
    (outcome,) = sync_catalogue(now=NOW)
    assert outcome.new == ("fake/good",)


def test_the_daily_task_syncs_and_may_be_run_twice(
    server: FakeLLM, fake: Provider
) -> None:
    lists(server, "a")
    sync.delay()
    sync.delay(provider="fake", unknown_argument=1)
    assert list(Model.objects.values_list("name", "is_deprecated")) == [("a", False)]
