"""Storing a credential."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apps.catalog.selectors.own_keys import KeyedProvider


class CredentialForm(forms.Form):
    """A key for one provider; it is never put into a page again."""

    provider = forms.ChoiceField(label="Provider")
    key = forms.CharField(
        label="Key",
        max_length=2000,  # what is too long is refused with its own words
        widget=forms.PasswordInput(
            attrs={"autocomplete": "off", "spellcheck": "false"}, render_value=False
        ),
        help_text="It is sealed; only its last four letters are shown from then on.",
    )
    name = forms.CharField(
        label="Name",
        max_length=100,
        required=False,
        help_text="To tell it apart, such as the project that it belongs to.",
    )

    def __init__(
        self, providers: Sequence[KeyedProvider], *args: Any, **kwargs: Any
    ) -> None:
        """Offer these providers."""
        super().__init__(*args, **kwargs)
        self.fields["provider"].choices = [  # type: ignore[attr-defined]
            (one.name, one.display_name) for one in providers
        ]
