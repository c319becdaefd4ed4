"""What is paid for, and how long a missing payment is borne."""

from __future__ import annotations

from config import env

BILLING_GRACE_DAYS = env.read_int(
    "ASSAY_BILLING_GRACE_DAYS",
    7,
    about="How many days a workspace keeps its tier while a payment is missing.",
)
