"""Buying, paying, and what the biller tells us."""

from __future__ import annotations

from django.urls import path

from apps.accounts.web import billing
from apps.accounts.web.webhooks import stripe_webhook

_BILLING = "workspaces/<uuid:workspace_id>/billing/"

urlpatterns = [
    path("pricing/", billing.pricing_page, name="pricing"),
    path(_BILLING, billing.billing_page, name="workspace-billing"),
    path(f"{_BILLING}done/", billing.done_page, name="billing-done"),
    path(f"{_BILLING}left/", billing.left_page, name="billing-left"),
    path(f"{_BILLING}checkout/", billing.checkout, name="billing-checkout"),
    path(f"{_BILLING}portal/", billing.portal, name="billing-portal"),
    path(f"{_BILLING}change/", billing.change, name="billing-change"),
    path(f"{_BILLING}cancel/", billing.cancel, name="billing-cancel"),
    path(f"{_BILLING}resume/", billing.resume, name="billing-resume"),
    path("webhooks/stripe/", stripe_webhook, name="stripe_webhook"),
]
