"""AI providers, their models, and the keys that workspaces bring."""

from __future__ import annotations

from apps.catalog.models.credential import ProviderCredential
from apps.catalog.models.model import Model, PriceSource
from apps.catalog.models.provider import GatewayKind, Provider

__all__ = ["GatewayKind", "Model", "PriceSource", "Provider", "ProviderCredential"]
