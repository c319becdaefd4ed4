"""What every installation knows from the start, and how it is read."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django_celery_beat.models import PeriodicTask

from apps.catalog.domain.builtin import MODELS, PROVIDERS
from apps.catalog.gateways.embedded_server import CONTEXT_PER_SLOT, MODEL
from apps.catalog.models import GatewayKind, Model, PriceSource, Provider
from apps.catalog.selectors.credentials import read_key
from apps.catalog.selectors.models import (
    get_model,
    get_models,
    list_models,
    resolve_models,
)
from apps.catalog.selectors.providers import get_provider, list_providers
from apps.catalog.services.catalogue import load_catalogue
from apps.core.errors import InvalidInputError, NotFoundError

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)


def test_loading_adds_the_providers_and_both_settings_of_the_embedded_model() -> None:
    report = load_catalogue(now=NOW)
    assert set(report.providers) == {
        "embedded",
        "anthropic",
        "openai",
        "openrouter",
        "google",
        "ollama",
    }
    greedy, drawn = list_models(provider="embedded")
    assert (greedy.full_name, drawn.full_name) == (
        "embedded/smollm2-135m",
        "embedded/smollm2-135m-t0.5",
    )
    assert greedy.display_name == "SmolLM2 135M Instruct, greedy"
    assert drawn.display_name == "SmolLM2 135M Instruct, temperature 0.5"
    assert (greedy.sampling["temperature"], drawn.sampling["temperature"]) == (0, 0.5)
    assert greedy.upstream_name == drawn.upstream_name == "smollm2-135m"


def test_a_local_model_costs_nothing_and_says_so() -> None:
    load_catalogue(now=NOW)
    model = list_models(provider="embedded")[0]
    assert model.input_price == model.output_price == Decimal(0)
    assert (model.price_source, model.is_free) == (PriceSource.LOCAL, True)
    assert (model.release_date, model.training_cutoff) == (date(2024, 11, 1), None)


def test_loading_again_changes_nothing() -> None:
    load_catalogue(now=NOW)
    before = (list_models(), list_providers())
    report = load_catalogue(now=LATER)
    assert (report.providers, report.models, report.repriced) == ((), (), 0)
    assert (list_models(), list_providers()) == before


def test_what_an_operator_changed_stays() -> None:
    load_catalogue(now=NOW)
    Provider.objects.filter(name="openai").update(
        base_url="https://proxy.example/v1", is_active=False
    )
    Model.objects.filter(name="smollm2-135m").update(display_name="Ours")
    load_catalogue(now=LATER)
    provider = get_provider("openai")
    assert (provider.base_url, provider.is_active) == (
        "https://proxy.example/v1",
        False,
    )
    assert list_models(provider="embedded")[0].display_name == "Ours"


def test_what_an_operator_emptied_stays_empty() -> None:
    load_catalogue(now=NOW)
    Provider.objects.filter(name="ollama").update(is_local=False)
    Provider.objects.filter(name="openai").update(key_variable="")
    load_catalogue(now=LATER)
    assert not Provider.objects.get(name="ollama").is_local
    assert Provider.objects.get(name="openai").key_variable == ""


def test_a_price_that_became_known_is_taken_over_at_the_next_load() -> None:
    load_catalogue(now=NOW)
    provider = Provider.objects.get(name="openai")
    Model.objects.create(
        provider=provider, name="m", upstream_name="gpt-4o", display_name="M"
    )
    assert load_catalogue(now=LATER).repriced == 1
    model = list_models(provider="openai")[0]
    assert (model.input_price, model.output_price) == (Decimal("2.5"), Decimal(10))
    assert (model.price_source, model.context_window) == ("genai_prices", 128000)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("http://box:11434", "http://box:11434/v1"),
        ("http://box:11434/", "http://box:11434/v1"),
        ("http://box:11434/v1/", "http://box:11434/v1"),
    ],
)
def test_ollama_follows_its_variable(settings: Settings, given: str, kept: str) -> None:
    load_catalogue(now=NOW)
    assert get_provider("ollama").obstacle == "no address (set OLLAMA_BASE_URL)"
    settings.OLLAMA_BASE_URL = given
    load_catalogue(now=NOW)
    assert get_provider("ollama").base_url == kept
    assert get_provider("ollama").is_available


def test_the_daily_sync_is_scheduled_once_and_may_be_changed() -> None:
    load_catalogue(now=NOW)
    PeriodicTask.objects.filter(task="catalog.sync").update(enabled=False)
    load_catalogue(now=NOW)
    assert [t.enabled for t in PeriodicTask.objects.filter(task="catalog.sync")] == [
        False
    ]


def test_the_built_in_rows_agree_with_the_code_that_serves_them() -> None:
    assert {provider.gateway for provider in PROVIDERS} <= set(GatewayKind.values)
    assert {model.upstream_name for model in MODELS} == {MODEL}
    assert {model.context_window for model in MODELS} == {CONTEXT_PER_SLOT}


def test_a_provider_says_what_keeps_it_from_being_asked(
    settings: Settings,
) -> None:
    load_catalogue(now=NOW)
    settings.OPENAI_API_KEY = ""
    settings.GOOGLE_API_KEY = "key-1"
    Provider.objects.filter(name="anthropic").update(is_active=False)
    obstacles = {row.name: row.obstacle for row in list_providers()}
    assert obstacles["openai"] == "no key (set OPENAI_API_KEY)"
    assert obstacles["anthropic"] == "switched off"
    assert obstacles["google"] == obstacles["embedded"] == ""
    assert "anthropic" not in {
        row.name for row in list_providers(include_inactive=False)
    }


def test_models_are_resolved_in_the_order_they_are_named() -> None:
    load_catalogue(now=NOW)
    names = "embedded/smollm2-135m-t0.5, embedded/smollm2-135m,"
    drawn, greedy = resolve_models(names)
    assert (drawn.name, greedy.name) == ("smollm2-135m-t0.5", "smollm2-135m")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "No model is named; write provider/model"),
        ("embedded/smollm2-136m", "did you mean embedded/smollm2-135m"),
        ("smollm2-135m", "write provider/model, such as embedded/smollm2-135m."),
        ("nothing", "'nothing' lacks its provider; write provider/model."),
        ("zzz/qqq", "No model is named 'zzz/qqq'; see manage.py catalog list."),
        ("embedded/smollm2-135m,embedded/smollm2-135m", "is named twice"),
    ],
)
def test_a_name_that_resolves_to_nothing_says_what_would(
    text: str, message: str
) -> None:
    load_catalogue(now=NOW)
    with pytest.raises(InvalidInputError, match=message) as raised:
        resolve_models(text)
    assert "\n" not in str(raised.value)


def test_a_model_is_read_by_its_id() -> None:
    load_catalogue(now=NOW)
    row = list_models(provider="embedded")[0]
    assert get_model(row.id) == row
    assert get_models([row.id, UUID(int=1)]) == {row.id: row}
    with pytest.raises(NotFoundError):
        get_model(UUID(int=1))


def test_an_unknown_provider_is_told_with_those_there_are() -> None:
    load_catalogue(now=NOW)
    with pytest.raises(NotFoundError, match="'nope'; there is anthropic, embedded"):
        get_provider("nope")


@pytest.mark.parametrize("variable", ["SECRET_KEY", "DATABASE_URL", "secret_api_key"])
def test_no_other_secret_can_be_named_as_a_key(
    variable: str, settings: Settings
) -> None:
    settings.SECRET_KEY = "hidden"  # noqa: S105 (it must stay unread)
    provider = Provider(
        name="x", display_name="X", gateway="anthropic", key_variable=variable
    )
    assert read_key(variable) == ""
    with pytest.raises(ValidationError, match="EXAMPLE_API_KEY"):
        provider.full_clean()
    with pytest.raises(IntegrityError):
        provider.save()


@pytest.mark.parametrize(
    ("sampling", "message"),
    [
        ([1], "Write a JSON object"),
        ("hot", "Write a JSON object"),
        ({"model": "x", "stream": False}, "model, stream: not a sampling parameter"),
    ],
)
def test_sampling_settings_cannot_say_what_is_asked_of_whom(
    sampling: object, message: str
) -> None:
    load_catalogue(now=NOW)
    model = Model.objects.get(name="smollm2-135m")
    model.sampling = sampling
    with pytest.raises(ValidationError, match=message):
        model.full_clean()
