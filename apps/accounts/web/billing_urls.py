"""Buying, paying, and what the biller tells us."""

from __future__ import annotations

from django.urls import path

from apps.accounts.web.webhooks import stripe_webhook

urlpatterns = [
    path("webhooks/stripe/", stripe_webhook, name="stripe_webhook"),
]
