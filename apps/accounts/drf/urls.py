"""Addresses of the account API."""

from __future__ import annotations

from django.urls import include, path

from apps.accounts.drf import audit, billing, keys, members, webhooks, workspaces

_WORKSPACE = [
    path("", workspaces.WorkspaceDetail.as_view(), name="account-workspace"),
    path("keep/", workspaces.WorkspaceKeeping.as_view(), name="account-workspace-keep"),
    path(
        "transfer/",
        workspaces.WorkspaceTransfer.as_view(),
        name="account-workspace-transfer",
    ),
    path(
        "leave/", workspaces.WorkspaceLeaving.as_view(), name="account-workspace-leave"
    ),
    path("audit/", audit.AuditLog.as_view(), name="account-audit"),
    path("usage/", keys.UsageView.as_view(), name="account-usage"),
]
_KEYS = [
    path("", keys.KeyList.as_view(), name="account-keys"),
    path("<uuid:key_id>/", keys.KeyDetail.as_view(), name="account-key"),
    path(
        "<uuid:key_id>/rotate/",
        keys.KeyRotation.as_view(),
        name="account-key-rotation",
    ),
]
_MEMBERS = [
    path("", members.MemberList.as_view(), name="account-members"),
    path("<uuid:member_id>/", members.MemberDetail.as_view(), name="account-member"),
]
_INVITATIONS = [
    path("", members.InvitationList.as_view(), name="account-invitations"),
    path(
        "<uuid:invitation_id>/",
        members.InvitationDetail.as_view(),
        name="account-invitation",
    ),
    path(
        "<uuid:invitation_id>/resend/",
        members.InvitationResending.as_view(),
        name="account-invitation-resend",
    ),
]
_WEBHOOKS = [
    path("secrets/", webhooks.WebhookSecrets.as_view(), name="account-webhook-secrets"),
    path("deliveries/", webhooks.DeliveryList.as_view(), name="account-deliveries"),
    path(
        "deliveries/<uuid:delivery_id>/send-again/",
        webhooks.DeliverySendAgain.as_view(),
        name="account-delivery-again",
    ),
]
_SUBSCRIPTION = [
    path("", billing.SubscriptionDetail.as_view(), name="account-subscription"),
    path("checkout/", billing.SubscriptionCheckout.as_view(), name="account-checkout"),
    path("portal/", billing.SubscriptionPortal.as_view(), name="account-portal"),
    path("change/", billing.SubscriptionChange.as_view(), name="account-change"),
    path("cancel/", billing.SubscriptionCancel.as_view(), name="account-cancel"),
    path("resume/", billing.SubscriptionResume.as_view(), name="account-resume"),
]
_PARTS = [
    path("", include(_WORKSPACE)),
    path("keys/", include(_KEYS)),
    path("members/", include(_MEMBERS)),
    path("invitations/", include(_INVITATIONS)),
    path("webhooks/", include(_WEBHOOKS)),
    path("subscription/", include(_SUBSCRIPTION)),
]
urlpatterns = [
    path("workspaces/", workspaces.WorkspaceList.as_view(), name="account-workspaces"),
    path("workspaces/<uuid:workspace_id>/", include(_PARTS)),
]
