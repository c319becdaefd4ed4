"""Forms of second factors: allauth's, in the product's words."""

from __future__ import annotations

from typing import Any

from allauth.mfa.base import forms as base_forms
from allauth.mfa.totp import forms as totp_forms
from allauth.mfa.webauthn import forms as webauthn_forms
from django.core.validators import MaxLengthValidator

from apps.accounts.web.people_forms import describe

MOST_NAME = 100
CODE_HINT = "Six digits from your app, or one of your recovery codes."


class AuthenticateForm(base_forms.AuthenticateForm):
    """A code after the password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Word the field."""
        super().__init__(*args, **kwargs)
        describe(self.fields["code"], "Code", CODE_HINT, autofocus=True)


class ReauthenticateForm(base_forms.ReauthenticateForm):
    """A code before something that matters."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Word the field."""
        super().__init__(*args, **kwargs)
        describe(self.fields["code"], "Code", CODE_HINT, autofocus=True)


class ActivateAppForm(totp_forms.ActivateTOTPForm):
    """The first code of a new app."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Word the field."""
        super().__init__(*args, **kwargs)
        describe(
            self.fields["code"],
            "Code",
            "The six digits that the app shows now.",
            inputmode="numeric",
        )


class AddPasskeyForm(webauthn_forms.AddWebAuthnForm):
    """A new passkey; the browser fills in the credential."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Word the fields."""
        super().__init__(*args, **kwargs)
        describe(
            self.fields["name"],
            "Name",
            "To tell it from others, such as “Laptop”.",
            maxlength=MOST_NAME,
        )
        self.fields["name"].validators.append(MaxLengthValidator(MOST_NAME))
        describe(
            self.fields["passwordless"],
            "Sign in with it alone",
            "The device asks for a fingerprint, a face or a PIN instead of the "
            "password. Leave this off for a key that is only a second factor.",
        )
        self.fields["passwordless"].initial = True


class RenamePasskeyForm(webauthn_forms.EditWebAuthnForm):
    """Another name for a passkey."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Word the field."""
        super().__init__(*args, **kwargs)
        describe(self.fields["name"], "Name", autofocus=True, maxlength=MOST_NAME)
        self.fields["name"].validators.append(MaxLengthValidator(MOST_NAME))
