"""Load what every installation knows from the start."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from apps.catalog.domain.builtin import MODELS, PROVIDERS
from apps.catalog.models import Model, Provider
from apps.catalog.services.prices import refresh_prices, set_price
from apps.catalog.services.schedules import schedule_daily_sync

if TYPE_CHECKING:
    from datetime import datetime

    from apps.catalog.domain.builtin import BuiltinModel, BuiltinProvider


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load added; all of it is empty the second time."""

    providers: tuple[str, ...]
    models: tuple[str, ...]
    repriced: int


@transaction.atomic
def load_catalogue(*, now: datetime) -> LoadReport:
    """Add the built-in providers and models that are missing.

    What an operator changed or emptied stays: providers and models that exist are
    left alone. Ollama's address follows
    `OLLAMA_BASE_URL` where that is set.
    """
    repriced = refresh_prices(now=now)
    providers = [p.name for p in PROVIDERS if _load_provider(p, now=now)]
    models = [m.name for m in MODELS if _load_model(m, now=now)]
    schedule_daily_sync()
    return LoadReport(tuple(providers), tuple(models), repriced)


def _load_provider(builtin: BuiltinProvider, *, now: datetime) -> bool:
    """Return whether the provider was missing."""
    provider = Provider.objects.filter(name=builtin.name).first()
    is_missing = provider is None
    if provider is None:
        provider = Provider(**asdict(builtin), created_at=now)
    if builtin.name == "ollama" and settings.OLLAMA_BASE_URL:
        provider.base_url = _complete_address(settings.OLLAMA_BASE_URL)
    provider.full_clean()
    provider.save()
    return is_missing


def _load_model(builtin: BuiltinModel, *, now: datetime) -> bool:
    """Return whether the model was missing."""
    provider = Provider.objects.get(name=builtin.provider)
    if provider.models.filter(name=builtin.name).exists():
        return False
    model = Model(
        provider=provider,
        name=builtin.name,
        upstream_name=builtin.upstream_name,
        display_name=builtin.display_name,
        sampling=dict(builtin.sampling),
        context_window=builtin.context_window,
        release_date=builtin.release_date,
        first_seen_at=now,
        last_seen_at=now,
    )
    set_price(model, listed=None, now=now)
    model.full_clean()
    model.save()
    return True


def _complete_address(address: str) -> str:
    """Return the address with the path that Ollama serves OpenAI's interface under."""
    stripped = address.rstrip("/")
    return stripped if urlsplit(stripped).path else f"{stripped}/v1"
