"""Rows as the selectors return them, for tests that need no database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from apps.catalog.selectors.models import ModelRow
from apps.catalog.selectors.providers import ProviderRow

NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)

PROVIDER = ProviderRow(
    id=UUID(int=1),
    name="fake",
    display_name="Fake",
    gateway="openai_compatible",
    base_url="http://127.0.0.1:9/v1",
    key_variable="",
    website_url="",
    documentation_url="",
    is_active=True,
    is_local=True,
    synced_at=None,
    has_key=True,
    obstacle="",
)

MODEL = ModelRow(
    id=UUID(int=2),
    provider=PROVIDER,
    name="fake-1",
    upstream_name="fake-1",
    display_name="Fake 1",
    sampling={"temperature": 0.0},
    context_window=4096,
    max_output_tokens=None,
    input_price=Decimal(3),
    output_price=Decimal(15),
    price_source="hand",
    is_free=False,
    is_new=False,
    is_deprecated=False,
    training_cutoff=None,
    release_date=None,
    first_seen_at=NOW,
    last_seen_at=NOW,
)


def model_at(base_url: str) -> ModelRow:
    return replace(MODEL, provider=replace(PROVIDER, base_url=base_url))
