"""Making and changing keys."""

from __future__ import annotations

from datetime import timedelta

from django import forms

from apps.accounts.domain.keys import KeyPower, Scope, forbidden_scopes

SCOPE_WORDS = {
    Scope.READ: "read: what the public API shows to this workspace",
    Scope.RUNS_WRITE: "runs:write: start runs",
    Scope.PREDICTIONS_WRITE: "predictions:write: send predictions",
    Scope.ACCOUNT_READ: "account:read: members, usage, subscription",
    Scope.ACCOUNT_WRITE: "account:write: change them (administrators only)",
}
LIVES = {"30": "30 days", "90": "90 days", "365": "a year", "": "never"}
OVERLAPS = {"0": "at once", "1": "in an hour", "24": "in a day", "168": "in a week"}


class KeyForm(forms.Form):
    """What a new key is called, and what it may do."""

    name = forms.CharField(
        label="Name", max_length=80, help_text="Where it is used, such as “nightly CI”."
    )
    power = forms.ChoiceField(
        label="Power",
        choices=[
            (KeyPower.READ_ONLY.value, "only reads (assay_ro_…)"),
            (KeyPower.READ_WRITE.value, "reads and writes (assay_rw_…)"),
        ],
        initial=KeyPower.READ_ONLY.value,
    )
    scopes = forms.MultipleChoiceField(
        label="Scopes",
        choices=[(scope.value, words) for scope, words in SCOPE_WORDS.items()],
        initial=[Scope.READ.value],
        widget=forms.CheckboxSelectMultiple,
        help_text="A key that only reads carries none that writes.",
    )
    life = forms.ChoiceField(
        label="Ends after", choices=list(LIVES.items()), required=False, initial="90"
    )
    networks = forms.CharField(
        label="Networks",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Enterprise: one a line, such as 192.0.2.0/24. Empty lets any in.",
    )

    def clean(self) -> dict[str, object]:
        """Refuse scopes that the power cannot carry."""
        values = super().clean() or {}
        if "power" in values and "scopes" in values:
            scopes = frozenset(Scope(name) for name in values["scopes"])
            if wrong := forbidden_scopes(KeyPower(values["power"]), scopes):
                names = ", ".join(sorted(scope.value for scope in wrong))
                self.add_error("scopes", f"A key that only reads cannot have {names}.")
        return values

    @property
    def life_of_key(self) -> timedelta | None:
        """How long the key opens, None for good."""
        days = self.cleaned_data.get("life")
        return timedelta(days=int(days)) if days else None


class RenameForm(forms.Form):
    """Another name."""

    name = forms.CharField(label="Name", max_length=80)


class RotateForm(forms.Form):
    """How long the old key opens beside the new one."""

    overlap = forms.ChoiceField(
        label="The old key ends", choices=list(OVERLAPS.items()), initial="24"
    )


class RevokeForm(forms.Form):
    """The word that one means it."""

    sure = forms.BooleanField(label="Whatever uses this key stops working now")
