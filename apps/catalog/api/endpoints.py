"""Providers and models over REST."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from ninja import Router

from apps.catalog.api.schemas import ModelOut, ProviderOut
from apps.catalog.selectors.models import get_model, list_models
from apps.catalog.selectors.providers import get_provider, list_providers
from apps.core.web.schemas import Listing, Problem

router = Router(tags=["Catalogue"])


@router.get("/providers", response=Listing[ProviderOut], operation_id="list_providers")
def providers(request: HttpRequest) -> dict[str, object]:
    """List the providers, by name."""
    return {"items": list_providers()}


@router.get(
    "/models",
    response={200: Listing[ModelOut], 404: Problem},
    operation_id="list_models",
)
def models(request: HttpRequest, provider: str | None = None) -> dict[str, object]:
    """List the models, by provider and name, or those of one provider."""
    if provider is not None:
        get_provider(provider)
    return {"items": list_models(provider=provider)}


@router.get(
    "/models/{model_id}",
    response={200: ModelOut, 404: Problem},
    operation_id="get_model",
)
def model(request: HttpRequest, model_id: UUID) -> object:
    """Return one model."""
    return get_model(model_id)
