"""What a workspace is entitled to: the one place that every product asks."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Q

from apps.accounts.domain.tiers import (
    FREE,
    Entitlement,
    Entitlements,
    Limit,
)
from apps.accounts.domain.tiers import Tier as TierView
from apps.accounts.models import (
    LIVE,
    Subscription,
    SubscriptionStatus,
    Tier,
    TierOverride,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime
    from uuid import UUID


def entitlements(workspace_id: UUID | None, now: datetime) -> Entitlements:
    """Return what a workspace has at a moment; None asks for somebody without one.

    The tier is that of an override, else of the live subscription, else the default.
    """
    override = _override(workspace_id, now)
    tier = _tier_of(workspace_id, override, now)
    limit, days, granted = tier.limit, tier.history_days, tier.granted
    if override is not None:
        if override.sets_calls:
            limit = Limit(override.calls_per_hour)
        if override.sets_history:
            days = override.history_days
        granted = (granted | _known(override.granted)) - _known(override.withheld)
    return Entitlements(tier=tier, limit=limit, history_days=days, granted=granted)


def list_tiers() -> tuple[TierView, ...]:
    """Return the tiers that are offered, in their order."""
    return tuple(to_view(tier) for tier in Tier.objects.filter(is_listed=True))


def get_default_tier() -> TierView:
    """Return what a workspace has that pays for nothing."""
    tier = Tier.objects.filter(is_default=True).first()
    return FREE if tier is None else to_view(tier)


def find_subscription(workspace_id: UUID, now: datetime) -> Subscription | None:
    """Return the subscription that gives the workspace its tier, if one does.

    A missing payment is borne for `BILLING_GRACE_DAYS`. Of several the dearest counts.
    """
    live = Subscription.objects.select_related("tier").filter(
        workspace_id=workspace_id, status__in=LIVE
    )
    return _dearest(live, now)


def name_tiers(workspace_ids: Collection[UUID], now: datetime) -> dict[UUID, str]:
    """Return the name of each workspace's tier at a moment, in three queries."""
    names = dict.fromkeys(workspace_ids, get_default_tier().name)
    live = Subscription.objects.select_related("tier").filter(
        workspace_id__in=workspace_ids, status__in=LIVE
    )
    by_workspace: defaultdict[UUID, list[Subscription]] = defaultdict(list)
    for one in live:
        by_workspace[one.workspace_id].append(one)
    for workspace_id, theirs in by_workspace.items():
        dearest = _dearest(theirs, now)
        if dearest is not None:
            names[workspace_id] = dearest.tier.name
    agreed = TierOverride.objects.select_related("tier").filter(
        Q(expires_at=None) | Q(expires_at__gt=now), workspace_id__in=workspace_ids
    )
    return names | {one.workspace_id: one.tier.name for one in agreed if one.tier}


def _dearest(live: Iterable[Subscription], now: datetime) -> Subscription | None:
    grace = timedelta(days=settings.BILLING_GRACE_DAYS)
    counted = [
        one
        for one in live
        if one.status != SubscriptionStatus.PAST_DUE
        or one.past_due_since is None
        or now < one.past_due_since + grace
    ]
    return max(counted, key=lambda one: one.tier.position, default=None)


def to_view(tier: Tier) -> TierView:
    """Return the frozen view of a stored tier."""
    return TierView(
        slug=tier.slug,
        name=tier.name,
        monthly_price=tier.monthly_price,
        yearly_price=tier.yearly_price,
        limit=Limit(tier.calls_per_hour),
        history_days=tier.history_days,
        granted=_known(tier.granted),
        monthly_lookup=tier.monthly_lookup,
        yearly_lookup=tier.yearly_lookup,
        trial_days=tier.trial_days,
    )


def _override(workspace_id: UUID | None, now: datetime) -> TierOverride | None:
    if workspace_id is None:
        return None
    found = (
        TierOverride.objects.select_related("tier")
        .filter(workspace_id=workspace_id)
        .first()
    )
    if found is None or (found.expires_at is not None and found.expires_at <= now):
        return None
    return found


def _tier_of(
    workspace_id: UUID | None, override: TierOverride | None, now: datetime
) -> TierView:
    if override is not None and override.tier is not None:
        return to_view(override.tier)
    subscription = find_subscription(workspace_id, now) if workspace_id else None
    return get_default_tier() if subscription is None else to_view(subscription.tier)


def _known(names: Iterable[str]) -> frozenset[Entitlement]:
    """Leave out names that an older or newer version stored."""
    stored = set(names)
    return frozenset(one for one in Entitlement if one.value in stored)
