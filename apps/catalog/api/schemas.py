"""What the catalogue's endpoints return."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from ninja import Schema
from pydantic import Field

from apps.core.web.schemas import Moment, Money


class ProviderOut(Schema):
    """A company or server that answers for models."""

    name: str
    display_name: str
    website_url: str
    documentation_url: str
    is_active: bool
    is_available: bool = Field(description="Whether this installation can ask it")
    synced_at: Moment | None


class ModelOut(Schema):
    """A model, or one named sampling setting of it."""

    id: UUID
    full_name: str = Field(description="provider/name")
    provider_name: str
    name: str
    upstream_name: str = Field(description="What the provider is asked for")
    display_name: str
    sampling: dict[str, object]
    context_window: int | None
    max_output_tokens: int | None
    input_price: Money | None = Field(description="Per million tokens; null: unknown")
    output_price: Money | None = Field(description="Per million tokens; null: unknown")
    price_source: str
    is_free: bool
    is_available: bool = Field(description="Whether this installation can ask it")
    is_new: bool
    is_deprecated: bool
    training_cutoff: date | None
    release_date: date | None
    first_seen_at: Moment
    last_seen_at: Moment
