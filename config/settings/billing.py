"""What is paid for, and how long a missing payment is borne."""

from __future__ import annotations

from config import env

BILLING_GRACE_DAYS = env.read_int(
    "ASSAY_BILLING_GRACE_DAYS",
    7,
    about="How many days a workspace keeps its tier while a payment is missing.",
)
STRIPE_SECRET_KEY = env.read_str(
    "STRIPE_SECRET_KEY",
    about="The secret or restricted key of a Stripe account. Without one nothing is "
    "sold: the billing pages say so, and everything else works.",
)
STRIPE_WEBHOOK_SECRETS = env.read_list(
    "STRIPE_WEBHOOK_SECRET",
    about="The signing secrets of the webhook endpoint at `/webhooks/stripe/`. Any of "
    "them is taken, so that they can be changed: put the new one beside the old one.",
)
STRIPE_API_BASE = env.read_url(
    "STRIPE_API_BASE",
    "",
    schemes=("https", "http"),
    shown="Stripe's own, `https://api.stripe.com`",
    about="Where Stripe answers. For tests, and for a proxy that the network demands.",
)
