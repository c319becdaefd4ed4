"""Identities and entitlements as the text that Redis keeps of them."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

from apps.accounts.domain.admission import Identity
from apps.accounts.domain.keys import Scope
from apps.accounts.domain.roles import Role
from apps.accounts.domain.tiers import Entitlement, Entitlements, Limit, Tier

# The texts of the busiest callers are the same from call to call.
_REMEMBERED = 2048


def identity_text(identity: Identity) -> str:
    """Write an identity."""
    parts = {
        "workspace": identity.workspace_id and str(identity.workspace_id),
        "key": identity.key_id and str(identity.key_id),
        "scopes": sorted(scope.value for scope in identity.scopes),
        "role": identity.role.value,
        "refused": identity.refused,
    }
    return json.dumps(parts, separators=(",", ":"))


@lru_cache(_REMEMBERED)
def parse_identity(text: str) -> Identity:
    """Read what `identity_text` wrote."""
    parts = json.loads(text)
    return Identity(
        workspace_id=parts["workspace"] and UUID(parts["workspace"]),
        key_id=parts["key"] and UUID(parts["key"]),
        scopes=frozenset(Scope(scope) for scope in parts["scopes"]),
        role=Role(parts["role"]),
        refused=parts["refused"],
    )


def entitlements_text(entitled: Entitlements) -> str:
    """Write what a workspace is entitled to."""
    tier = entitled.tier
    parts = {
        "tier": {
            "slug": tier.slug,
            "name": tier.name,
            "monthly_price": _money_text(tier.monthly_price),
            "yearly_price": _money_text(tier.yearly_price),
            "limit": [tier.limit.calls, tier.limit.seconds],
            "history_days": tier.history_days,
            "granted": _names(tier.granted),
            "monthly_lookup": tier.monthly_lookup,
            "yearly_lookup": tier.yearly_lookup,
        },
        "limit": [entitled.limit.calls, entitled.limit.seconds],
        "history_days": entitled.history_days,
        "granted": _names(entitled.granted),
    }
    return json.dumps(parts, separators=(",", ":"))


@lru_cache(_REMEMBERED)
def parse_entitlements(text: str) -> Entitlements:
    """Read what `entitlements_text` wrote."""
    parts = json.loads(text)
    return Entitlements(
        tier=_parse_tier(parts["tier"]),
        limit=Limit(*parts["limit"]),
        history_days=parts["history_days"],
        granted=_granted(parts["granted"]),
    )


def _parse_tier(parts: dict[str, Any]) -> Tier:
    return Tier(
        **parts
        | {
            "monthly_price": _parse_money(parts["monthly_price"]),
            "yearly_price": _parse_money(parts["yearly_price"]),
            "limit": Limit(*parts["limit"]),
            "granted": _granted(parts["granted"]),
        }
    )


def _names(granted: frozenset[Entitlement]) -> list[str]:
    return sorted(one.value for one in granted)


def _granted(names: list[str]) -> frozenset[Entitlement]:
    return frozenset(Entitlement(name) for name in names)


def _money_text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)


def _parse_money(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
