"""Signing up and in: what django-allauth is told."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured

from config import env

SIGNUP_OPEN = env.read_bool(
    "ASSAY_SIGNUP_OPEN",
    default=True,
    about="Let anybody sign up. Closed, only people with an invitation can, and those "
    "whom an operator adds.",
)
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"
PASSWORD_RESET_TIMEOUT = 3600
# Answers that could tell by their time whether an address is known take this long.
EVEN_ANSWER_SECONDS = 1.0

ACCOUNT_ADAPTER = "apps.accounts.adapters.account.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_MAX_EMAIL_ADDRESSES = 5
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True
# A code keeps the sign-up in the browser that began it; a link would be followed by
# scanners of mail, and lets whoever opens it confirm.
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_PREVENT_ENUMERATION = "strict"
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_FORMS = {
    "login": "apps.accounts.web.people_forms.SignInForm",
    "signup": "apps.accounts.web.people_forms.SignUpForm",
    "add_email": "apps.accounts.web.people_forms.AddEmailForm",
    "change_password": "apps.accounts.web.people_forms.ChangePasswordForm",
    "set_password": "apps.accounts.web.people_forms.SetPasswordForm",
    "reset_password": "apps.accounts.web.people_forms.ForgottenPasswordForm",
    "reset_password_from_key": "apps.accounts.web.people_forms.NewPasswordForm",
    "reauthenticate": "apps.accounts.web.people_forms.ConfirmForm",
    "confirm_email_verification_code": "apps.accounts.web.people_forms.CodeForm",
}

MFA_ADAPTER = "apps.accounts.adapters.mfa.MfaAdapter"
MFA_SUPPORTED_TYPES = ["recovery_codes", "totp", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = "Assay"
MFA_FORMS = {
    "authenticate": "apps.accounts.web.mfa_forms.AuthenticateForm",
    "reauthenticate": "apps.accounts.web.mfa_forms.ReauthenticateForm",
    "activate_totp": "apps.accounts.web.mfa_forms.ActivateAppForm",
    "add_webauthn": "apps.accounts.web.mfa_forms.AddPasskeyForm",
    "edit_webauthn": "apps.accounts.web.mfa_forms.RenamePasskeyForm",
}
USERSESSIONS_ADAPTER = "apps.accounts.adapters.sessions.SessionsAdapter"

SOCIALACCOUNT_ADAPTER = "apps.accounts.adapters.social.SocialAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_REQUESTS_TIMEOUT = 10
SOCIALACCOUNT_FORMS = {"signup": "apps.accounts.web.people_forms.ProviderSignUpForm"}


def _oauth_app(provider: str, name: str) -> list[dict[str, str]]:
    client_id = env.read_str(
        f"{name}_CLIENT_ID",
        about=f"The client id of the OAuth application at {provider}. Without it and "
        f"its secret nobody is offered to sign in with {provider}.",
    )
    secret = env.read_str(
        f"{name}_CLIENT_SECRET",
        about=f"The secret that belongs to `{name}_CLIENT_ID`.",
    )
    if bool(client_id) != bool(secret):
        raise ImproperlyConfigured(
            f"Of {name}_CLIENT_ID and {name}_CLIENT_SECRET one is empty; set both."
        )
    return [{"client_id": client_id, "secret": secret}] if client_id else []


SOCIALACCOUNT_PROVIDERS: dict[str, dict[str, Any]] = {
    "github": {
        "APPS": _oauth_app("GitHub", "GITHUB"),
        "OAUTH_PKCE_ENABLED": True,
        "SCOPE": ["user:email"],
    },
    "google": {
        "APPS": _oauth_app("Google", "GOOGLE"),
        "OAUTH_PKCE_ENABLED": True,
        "SCOPE": ["profile", "email"],
        "AUTH_PARAMS": {"prompt": "select_account"},
    },
}
