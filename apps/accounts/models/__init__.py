"""People, workspaces, tiers, and what is written down about them."""

from __future__ import annotations

from apps.accounts.models.audit import AuditEvent
from apps.accounts.models.billing import (
    MOST_ERROR,
    BillingCustomer,
    EventState,
    Invoice,
    StripeEvent,
)
from apps.accounts.models.export import UNDER_WAY, DataExport
from apps.accounts.models.idempotency import KeptAnswer
from apps.accounts.models.invitation import Invitation
from apps.accounts.models.key import ApiKey
from apps.accounts.models.mail import OutgoingMail
from apps.accounts.models.subscription import (
    LIVE,
    OPEN,
    Interval,
    Subscription,
    SubscriptionStatus,
)
from apps.accounts.models.tier import ENTITLEMENTS, Tier, TierOverride
from apps.accounts.models.usage import ApiRequest, UsageHour, UsageWarning
from apps.accounts.models.user import (
    User,
    UserManager,
    make_personal_workspace,
    vouch_for_email,
)
from apps.accounts.models.webhook import Delivery, DeliveryStatus, WebhookSecret
from apps.accounts.models.workspace import ROLES, Membership, Workspace

__all__ = [
    "ENTITLEMENTS",
    "LIVE",
    "MOST_ERROR",
    "OPEN",
    "ROLES",
    "UNDER_WAY",
    "ApiKey",
    "ApiRequest",
    "AuditEvent",
    "BillingCustomer",
    "DataExport",
    "Delivery",
    "DeliveryStatus",
    "EventState",
    "Interval",
    "Invitation",
    "Invoice",
    "KeptAnswer",
    "Membership",
    "OutgoingMail",
    "StripeEvent",
    "Subscription",
    "SubscriptionStatus",
    "Tier",
    "TierOverride",
    "UsageHour",
    "UsageWarning",
    "User",
    "UserManager",
    "WebhookSecret",
    "Workspace",
    "make_personal_workspace",
    "vouch_for_email",
]
