"""Addresses of the account API."""

from __future__ import annotations

from django.urls import path

from apps.accounts.drf.keys import KeyDetail, KeyList, KeyRotation, UsageView
from apps.accounts.drf.webhooks import (
    DeliveryList,
    DeliverySendAgain,
    WebhookSecrets,
)
from apps.accounts.drf.workspaces import WorkspaceDetail, WorkspaceList

_KEYS = "workspaces/<uuid:workspace_id>/keys/"
_WEBHOOKS = "workspaces/<uuid:workspace_id>/webhooks/"

urlpatterns = [
    path("workspaces/", WorkspaceList.as_view(), name="account-workspaces"),
    path(
        "workspaces/<uuid:workspace_id>/",
        WorkspaceDetail.as_view(),
        name="account-workspace",
    ),
    path(_KEYS, KeyList.as_view(), name="account-keys"),
    path(f"{_KEYS}<uuid:key_id>/", KeyDetail.as_view(), name="account-key"),
    path(
        f"{_KEYS}<uuid:key_id>/rotate/",
        KeyRotation.as_view(),
        name="account-key-rotation",
    ),
    path(
        "workspaces/<uuid:workspace_id>/usage/",
        UsageView.as_view(),
        name="account-usage",
    ),
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
