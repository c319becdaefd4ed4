"""A workspace that brings its own keys, and a remote provider that takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.accounts.domain.audit import Actor
from apps.catalog.models import GatewayKind, Provider
from apps.catalog.services.own_keys import store_credential
from tests.accounts.cast import NOW

if TYPE_CHECKING:
    from uuid import UUID

KEY = "sk-own-0123456789abcdefWXYZ"
OPERATORS = "sk-operator-0123456789abcdef"


def make_provider(name: str = "acme", **fields: object) -> Provider:
    """A provider that is not of this installation; its address is on loopback."""
    known: dict[str, object] = {
        "display_name": name.capitalize(),
        "gateway": GatewayKind.OPENAI_COMPATIBLE,
        "base_url": "http://127.0.0.1:9/v1",
        "key_variable": f"{name.upper()}_API_KEY",
    }
    return Provider.objects.create(name=name, **known | fields)


def give_key(
    workspace_id: UUID, provider: str = "acme", key: str = KEY, name: str = ""
) -> bool:
    return store_credential(
        workspace_id=workspace_id,
        provider=provider,
        key=key,
        name=name,
        actor=Actor(label="owner@example.org", ip="192.0.2.7"),
        now=NOW,
    )
