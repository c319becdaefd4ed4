"""Addresses of the subscription in the account API."""

from __future__ import annotations

from django.urls import path

from apps.accounts.drf import billing

_AT = "workspaces/<uuid:workspace_id>/subscription/"

urlpatterns = [
    path(_AT, billing.SubscriptionDetail.as_view(), name="account-subscription"),
    path(
        f"{_AT}checkout/",
        billing.SubscriptionCheckout.as_view(),
        name="account-checkout",
    ),
    path(f"{_AT}portal/", billing.SubscriptionPortal.as_view(), name="account-portal"),
    path(f"{_AT}change/", billing.SubscriptionChange.as_view(), name="account-change"),
    path(f"{_AT}cancel/", billing.SubscriptionCancel.as_view(), name="account-cancel"),
    path(f"{_AT}resume/", billing.SubscriptionResume.as_view(), name="account-resume"),
]
