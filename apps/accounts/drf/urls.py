"""Addresses of the account API."""

from __future__ import annotations

from django.urls import path

from apps.accounts.drf import audit, members, workspaces
from apps.accounts.drf.keys import KeyDetail, KeyList, KeyRotation, UsageView
from apps.accounts.drf.webhooks import (
    DeliveryList,
    DeliverySendAgain,
    WebhookSecrets,
)

_ONE = "workspaces/<uuid:workspace_id>/"
_KEYS = f"{_ONE}keys/"
_WEBHOOKS = f"{_ONE}webhooks/"
_INVITATION = f"{_ONE}invitations/<uuid:invitation_id>/"

urlpatterns = [
    path("workspaces/", workspaces.WorkspaceList.as_view(), name="account-workspaces"),
    path(_ONE, workspaces.WorkspaceDetail.as_view(), name="account-workspace"),
    path(
        f"{_ONE}keep/",
        workspaces.WorkspaceKeeping.as_view(),
        name="account-workspace-keep",
    ),
    path(_KEYS, KeyList.as_view(), name="account-keys"),
    path(f"{_KEYS}<uuid:key_id>/", KeyDetail.as_view(), name="account-key"),
    path(
        f"{_KEYS}<uuid:key_id>/rotate/",
        KeyRotation.as_view(),
        name="account-key-rotation",
    ),
    path(f"{_ONE}usage/", UsageView.as_view(), name="account-usage"),
    path(
        f"{_ONE}transfer/",
        workspaces.WorkspaceTransfer.as_view(),
        name="account-workspace-transfer",
    ),
    path(
        f"{_ONE}leave/",
        workspaces.WorkspaceLeaving.as_view(),
        name="account-workspace-leave",
    ),
    path(f"{_ONE}members/", members.MemberList.as_view(), name="account-members"),
    path(
        f"{_ONE}members/<uuid:member_id>/",
        members.MemberDetail.as_view(),
        name="account-member",
    ),
    path(
        f"{_ONE}invitations/",
        members.InvitationList.as_view(),
        name="account-invitations",
    ),
    path(_INVITATION, members.InvitationDetail.as_view(), name="account-invitation"),
    path(
        f"{_INVITATION}resend/",
        members.InvitationResending.as_view(),
        name="account-invitation-resend",
    ),
    path(f"{_ONE}audit/", audit.AuditLog.as_view(), name="account-audit"),
    path(
        f"{_WEBHOOKS}secrets/",
        WebhookSecrets.as_view(),
        name="account-webhook-secrets",
    ),
    path(f"{_WEBHOOKS}deliveries/", DeliveryList.as_view(), name="account-deliveries"),
    path(
        f"{_WEBHOOKS}deliveries/<uuid:delivery_id>/send-again/",
        DeliverySendAgain.as_view(),
        name="account-delivery-again",
    ),
]
