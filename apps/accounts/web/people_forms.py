"""Forms of signing up and in: allauth's, in the product's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from allauth.account import forms as account_forms
from allauth.socialaccount import forms as social_forms
from django import forms
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from apps.accounts.selectors.people import find_unconfirmed_sign_up
from apps.accounts.services.people import (
    OWN_PASSWORD,
    confirm_only_email,
    rename_person,
    sign_up_again,
)

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.http import HttpRequest, HttpResponse

    Saved = tuple[AbstractBaseUser | None, HttpResponse | None]

WHAT_IS_SAFE = (
    "At least 10 characters, not only digits, and none that many people use. A "
    "sentence is good."
)


def describe(
    field: forms.Field, label: str, hint: str = "", **attributes: object
) -> None:
    """Word a field of allauth's; a placeholder is no label."""
    field.label = label
    field.help_text = hint
    field.widget.attrs.pop("placeholder", None)
    field.widget.attrs.update(attributes)


class SignInForm(account_forms.LoginForm):
    """Address and password; the refusal does not tell which was wrong."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Word the fields."""
        super().__init__(*args, **kwargs)
        describe(
            self.fields["login"],
            "E-mail address",
            autofocus=True,
            autocomplete="username webauthn",
        )
        describe(self.fields["password"], "Password")


class SignUpForm(account_forms.SignupForm):
    """A new account; a known address gets the same answer as an unknown one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Word the fields."""
        super().__init__(*args, **kwargs)
        describe(
            self.fields["email"], "E-mail address", autofocus=True, autocomplete="email"
        )
        describe(self.fields["password1"], "Password", WHAT_IS_SAFE)

    def try_save(self, request: HttpRequest) -> Saved:
        """Make the account, or begin an unconfirmed one again, or only pretend to."""
        email = self.cleaned_data["email"]
        if not self.account_already_exists:
            try:
                with transaction.atomic():
                    return cast("Saved", super().try_save(request))
            except (IntegrityError, ValidationError):  # taken since it was looked up
                self.account_already_exists = True
        begun = find_unconfirmed_sign_up(email)
        password = self.cleaned_data["password1"]
        if begun is not None:
            hashed = sign_up_again(user_id=begun.pk, password=password)
            request.session[OWN_PASSWORD] = (str(begun.pk), hashed)
            return begun, None
        make_password(password)  # what takes longest when an account is made
        return cast("Saved", super().try_save(request))


class ProviderSignUpForm(social_forms.SignupForm):
    """What a provider did not tell of a new person."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Word the field."""
        super().__init__(*args, **kwargs)
        describe(
            self.fields["email"], "E-mail address", autofocus=True, autocomplete="email"
        )


class CodeForm(account_forms.ConfirmEmailVerificationCodeForm):
    """The code that was mailed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Word the field."""
        super().__init__(*args, **kwargs)
        describe(self.fields["code"], "Code", autofocus=True, spellcheck="false")


class ForgottenPasswordForm(account_forms.ResetPasswordForm):
    """Where to send a link; known and unknown addresses both get a mail."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Word the field."""
        super().__init__(*args, **kwargs)
        describe(
            self.fields["email"], "E-mail address", autofocus=True, autocomplete="email"
        )


class NewPasswordForm(account_forms.ResetPasswordKeyForm):
    """A new password, by a mailed link."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Ask once: the field can be shown, and another link is a minute away."""
        super().__init__(*args, **kwargs)
        del self.fields["password2"]
        describe(
            self.fields["password1"],
            "New password",
            WHAT_IS_SAFE,
            autofocus=True,
            autocomplete="new-password",
        )

    @transaction.atomic
    def save(self) -> None:
        """Set the password; the link has proven the address."""
        super().save()
        confirm_only_email(user_id=self.user.pk)


class ChangePasswordForm(account_forms.ChangePasswordForm):
    """A new password, by the present one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Ask for the new one once."""
        super().__init__(*args, **kwargs)
        del self.fields["password2"]
        describe(self.fields["oldpassword"], "Present password")
        describe(
            self.fields["password1"],
            "New password",
            WHAT_IS_SAFE,
            autocomplete="new-password",
        )


class SetPasswordForm(account_forms.SetPasswordForm):
    """The first password of somebody who came through a provider."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Ask once."""
        super().__init__(*args, **kwargs)
        del self.fields["password2"]
        describe(
            self.fields["password1"],
            "Password",
            WHAT_IS_SAFE,
            autocomplete="new-password",
        )


class AddEmailForm(account_forms.AddEmailForm):
    """One more address."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Word the field."""
        super().__init__(*args, **kwargs)
        describe(self.fields["email"], "Address", autocomplete="email")


class ConfirmForm(account_forms.ReauthenticateForm):
    """The password again, before something that matters."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Word the field."""
        super().__init__(*args, **kwargs)
        describe(self.fields["password"], "Password", autofocus=True)


class ProfileForm(forms.Form):
    """What a person is called."""

    name = forms.CharField(
        label="Name",
        max_length=200,
        required=False,
        help_text="What your teammates see beside your address.",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )

    def save(self, user: AbstractBaseUser) -> None:
        """Change the name."""
        rename_person(user_id=user.pk, name=self.cleaned_data["name"])
