"""Forms of operators."""

from __future__ import annotations

from django import forms

from apps.accounts.domain.impersonation import MOST_REASON


class ReasonForm(forms.Form):
    """Why an operator wants to look as somebody else."""

    reason = forms.CharField(
        max_length=MOST_REASON,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="The owners of the person's workspaces read it in their audit log.",
    )
