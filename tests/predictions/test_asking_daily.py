"""What models are asked every day."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from apps.catalog.models import Model, Provider
from apps.predictions.models import AskItem, AskRun
from apps.predictions.services.daily_asks import start_daily_ask
from tests.fakes.llm_server import FakeLLM
from tests.predictions.asking import begin, clock, model_at, open_market

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

pytestmark = [
    pytest.mark.django_db,
    # What is begun waits for a worker.
    pytest.mark.usefixtures("_nobody_works"),
]


@pytest.fixture
def _nobody_works(settings: Settings) -> None:
    settings.CELERY_TASK_ALWAYS_EAGER = False
    settings.ASK_DAILY_MODELS = ["fake/m"]
    settings.ASK_DAILY_MARKETS = 2


def add_embedded() -> None:
    provider = Provider.objects.create(
        name="embedded", display_name="E", gateway="embedded", is_local=True
    )
    Model.objects.create(
        provider=provider, name="smol", upstream_name="smol", display_name="S"
    )


def asked_about() -> list[str]:
    found = AskItem.objects.order_by("position")
    return list(found.values_list("market__external_id", flat=True))


def test_the_most_liquid_markets_are_asked_about_once_a_day() -> None:
    for name, event, liquidity in (
        *(("a", "x", 10), ("b", "x", 90)),
        *(("c", "y", 50), ("d", "z", 20)),
    ):
        open_market(name, event_id=event, liquidity=liquidity)
    with FakeLLM() as server:
        model_at(server)
        now = clock()
        assert start_daily_ask(now=now) is not None
        assert start_daily_ask(now=now) is None
        assert asked_about() == ["b", "c"]
        assert start_daily_ask(now=now + timedelta(days=1)) is not None
    assert AskRun.objects.count() == 2


def test_an_asking_of_an_operator_that_is_named_daily_holds_nothing_up() -> None:
    market = open_market()
    with FakeLLM() as server:
        begin([model_at(server)], [market], experiment="daily")
        assert start_daily_ask(now=clock()) is not None
        assert start_daily_ask(now=clock()) is None
    triggers = AskRun.objects.order_by("created_at").values_list("trigger", flat=True)
    assert list(triggers) == ["command", "schedule"]


def test_nothing_is_begun_before_there_is_a_market() -> None:
    with FakeLLM() as server:
        model_at(server)
        assert start_daily_ask(now=clock()) is None
        open_market()
        assert start_daily_ask(now=clock()) is not None


def test_the_embedded_model_is_asked_only_where_there_is_no_other(
    settings: Settings,
) -> None:
    settings.ASK_DAILY_MODELS = []
    open_market()
    add_embedded()
    Model.objects.update(input_price=0, output_price=0)
    with FakeLLM() as server:
        model_at(server)
        assert start_daily_ask(now=clock()) is None
        Provider.objects.filter(name="fake").update(is_active=False)
        assert start_daily_ask(now=clock()) is not None
    assert AskItem.objects.get().experiment.name == "daily-embedded-smol"


@pytest.mark.parametrize(
    ("name", "value"), [("ASK_DAILY_MARKETS", 0), ("ASK_DAILY_MODELS", ["fake/x"])]
)
def test_what_is_switched_off_or_unknown_begins_nothing(
    settings: Settings, name: str, value: object
) -> None:
    setattr(settings, name, value)
    open_market()
    with FakeLLM() as server:
        model_at(server)
        assert start_daily_ask(now=clock()) is None
    assert not AskRun.objects.exists()
