"""What a workspace still has, and does not see while its tier lacks it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.accounts.registry import holdings
from apps.accounts.selectors.entitlements import list_tiers

if TYPE_CHECKING:
    from uuid import UUID

    from apps.accounts.domain.tiers import Entitlements


@dataclass(frozen=True, slots=True)
class HiddenRow:
    """So many things of a kind that are hidden, and which tiers would show them."""

    count: int
    noun: str
    lacking: str
    tiers: tuple[str, ...]


def list_hidden(workspace_id: UUID, entitled: Entitlements) -> tuple[HiddenRow, ...]:
    """Return what is hidden from a workspace that has this; mostly there is nothing."""
    return tuple(
        HiddenRow(
            count,
            one.noun,
            one.entitlement.words,
            tuple(
                tier.name for tier in list_tiers() if one.entitlement in tier.granted
            ),
        )
        for one in holdings()
        if not entitled.allows(one.entitlement) and (count := one.count(workspace_id))
    )
