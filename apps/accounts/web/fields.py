"""Fields of the forms that start what spends money and calls back."""

from __future__ import annotations

from django import forms

from apps.accounts.domain.webhooks import LONGEST_URL


def cost_field(help_text: str) -> forms.DecimalField:
    """Return the field of a cost limit, which may be left empty."""
    return forms.DecimalField(
        label="Cost limit in US dollars",
        required=False,
        min_value=0,
        max_digits=12,
        decimal_places=6,
        help_text=help_text,
    )


def webhook_field(help_text: str) -> forms.CharField:
    """Return the field of an address that is called back, which may be left empty."""
    return forms.CharField(
        label="Webhook",
        required=False,
        max_length=LONGEST_URL,
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
        help_text=help_text,
    )
