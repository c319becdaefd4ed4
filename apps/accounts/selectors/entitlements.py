"""What a workspace is entitled to: the one place that every product asks."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

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
    Workspace,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet


def entitlements(workspace_id: UUID | None, now: datetime) -> Entitlements:
    """Return what a workspace has at a moment; None asks for somebody without one."""
    if workspace_id is None:
        return _with_override(get_default_tier(), None)
    return list_entitlements([workspace_id], now)[workspace_id]


def list_entitlements(
    workspace_ids: Collection[UUID], now: datetime
) -> dict[UUID, Entitlements]:
    """Return what each workspace has at a moment, in three queries."""
    rows = Workspace.objects.filter(pk__in=workspace_ids)
    slugs = dict(rows.values_list("pk", of_tier("slug", "pk", now)))
    found = Tier.objects.filter(slug__in=slugs.values())
    views = {one.slug: to_view(one) for one in found}
    tiers = {key: views[slug] for key, slug in slugs.items() if slug}
    agreed = _agreed(now).filter(workspace_id__in=workspace_ids)
    overrides = {one.workspace_id: one for one in agreed}
    return {
        one: _with_override(tiers.get(one) or get_default_tier(), overrides.get(one))
        for one in workspace_ids
    }


def of_tier(column: str, workspace: str, now: datetime) -> Coalesce:
    """Return a column of the tier that a row's workspace has at a moment, as SQL.

    The tier is that of an override, else of the live subscription, else the default. A
    missing payment is borne for `BILLING_GRACE_DAYS`; of several subscriptions the
    dearest counts. `workspace` names the row's column with the workspace's id.
    """
    grace = timedelta(days=settings.BILLING_GRACE_DAYS)
    is_borne = (
        ~Q(status=SubscriptionStatus.PAST_DUE)
        | Q(past_due_since=None)
        | Q(past_due_since__gt=now - grace)
    )
    paid = Subscription.objects.filter(
        is_borne, workspace=OuterRef(workspace), status__in=LIVE
    ).order_by("-tier__position")
    default = Tier.objects.filter(is_default=True)
    return Coalesce(
        of_override(f"tier__{column}", workspace, now),
        Subquery(paid.values(f"tier__{column}")[:1]),
        Subquery(default.values(column)[:1]),
    )


def of_override(column: str, workspace: str, now: datetime) -> Subquery:
    """Return a column of the override that a row's workspace has, as SQL, or NULL."""
    agreed = _agreed(now).filter(workspace=OuterRef(workspace))
    return Subquery(agreed.values(column)[:1])


def merge_granted(
    included: Iterable[str] | None,
    added: Iterable[str] | None,
    withheld: Iterable[str] | None,
) -> frozenset[Entitlement]:
    """Return what a tier includes and an override adds, less what that withholds."""
    by_tier = FREE.granted if included is None else _known(included)
    return (by_tier | _known(added or ())) - _known(withheld or ())


def list_tiers() -> tuple[TierView, ...]:
    """Return the tiers that are offered, in their order."""
    return tuple(to_view(tier) for tier in Tier.objects.filter(is_listed=True))


def get_default_tier() -> TierView:
    """Return what a workspace has that pays for nothing."""
    tier = Tier.objects.filter(is_default=True).first()
    return FREE if tier is None else to_view(tier)


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


def _with_override(tier: TierView, override: TierOverride | None) -> Entitlements:
    limit, days, granted = tier.limit, tier.history_days, tier.granted
    if override is not None:
        if override.sets_calls:
            limit = Limit(override.calls_per_hour)
        if override.sets_history:
            days = override.history_days
        granted = merge_granted(granted, override.granted, override.withheld)
    return Entitlements(tier=tier, limit=limit, history_days=days, granted=granted)


def _agreed(now: datetime) -> QuerySet[TierOverride]:
    return TierOverride.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now))


def _known(names: Iterable[str]) -> frozenset[Entitlement]:
    """Leave out names that an older or newer version stored."""
    stored = set(names)
    return frozenset(one for one in Entitlement if one.value in stored)
