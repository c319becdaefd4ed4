"""Addresses of signing up and in, and of a person's own account.

allauth's views at addresses of our own choice, each one named here: what is not named
does not answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account import views as account
from allauth.account.decorators import secure_admin_login
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from allauth.socialaccount import views as social
from allauth.usersessions import views as sessions
from django.urls import path, re_path
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.web import data
from apps.accounts.web.account import end_session, profile
from apps.accounts.web.even import evenly, evenly_got, evenly_read
from apps.accounts.web.mail import mail_list, mail_page
from apps.accounts.web.providers import (
    github_back,
    github_leave,
    google_back,
    google_leave,
    may_leave_for_providers,
)

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite

_ENTRANCE = [
    path("sign-in/", may_leave_for_providers(account.login), name="account_login"),
    path("sign-out/", require_POST(account.logout), name="account_logout"),
    path(
        "account/sign-up/",
        may_leave_for_providers(evenly(account.signup)),
        name="account_signup",
    ),
    path(
        "account/code/",
        evenly_read(account.email_verification_sent),
        name="account_email_verification_sent",
    ),
    path("account/inactive/", account.account_inactive, name="account_inactive"),
    path(
        "account/forgotten/",
        evenly(account.password_reset),
        name="account_reset_password",
    ),
    path(
        "account/forgotten/sent/",
        account.password_reset_done,
        name="account_reset_password_done",
    ),
    re_path(
        r"^account/forgotten/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "account/forgotten/changed/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
]
_ACCOUNT = [
    path("account/", profile, name="account"),
    path("account/confirm/", account.reauthenticate, name="account_reauthenticate"),
    path("account/data/", data.data_page, name="account_data"),
    path("account/data/export/", data.ask_for_export, name="ask_for_export"),
    path("account/data/<slug:token>/", data.download, name="account_export"),
    path("account/delete/", data.delete_page, name="delete_account"),
    path("account/keep/", data.keep, name="keep_account"),
    path("account/emails/", account.email, name="account_email"),
    path("account/password/", account.password_change, name="account_change_password"),
    path("account/password/set/", account.password_set, name="account_set_password"),
    path("account/sessions/", sessions.list_usersessions, name="usersessions_list"),
    path(
        "account/sessions/<int:session_id>/end/",
        end_session,
        name="account_end_session",
    ),
]
_SECOND_FACTORS = [
    path("account/two-factor/", mfa.index, name="mfa_index"),
    path("account/two-factor/code/", mfa.authenticate, name="mfa_authenticate"),
    path("account/two-factor/confirm/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("account/two-factor/app/", totp.activate_totp, name="mfa_activate_totp"),
    path(
        "account/two-factor/app/remove/",
        totp.deactivate_totp,
        name="mfa_deactivate_totp",
    ),
    path(
        "account/two-factor/recovery/",
        codes.view_recovery_codes,
        name="mfa_view_recovery_codes",
    ),
    path(
        "account/two-factor/recovery/new/",
        codes.generate_recovery_codes,
        name="mfa_generate_recovery_codes",
    ),
    path("account/passkeys/", webauthn.list_webauthn, name="mfa_list_webauthn"),
    path("account/passkeys/add/", webauthn.add_webauthn, name="mfa_add_webauthn"),
    path(
        "account/passkeys/sign-in/", webauthn.login_webauthn, name="mfa_login_webauthn"
    ),
    path(
        "account/passkeys/confirm/",
        webauthn.reauthenticate_webauthn,
        name="mfa_reauthenticate_webauthn",
    ),
    path(
        "account/passkeys/<int:pk>/rename/",
        webauthn.edit_webauthn,
        name="mfa_edit_webauthn",
    ),
    path(
        "account/passkeys/<int:pk>/remove/",
        # By the form alone: a DELETE would pass what mails and records a removal.
        require_http_methods(["GET", "HEAD", "POST"])(webauthn.remove_webauthn),
        name="mfa_remove_webauthn",
    ),
]
_PROVIDERS = [
    path(
        "account/connections/",
        may_leave_for_providers(social.connections),
        name="socialaccount_connections",
    ),
    path(
        "account/connections/cancelled/",
        social.login_cancelled,
        name="socialaccount_login_cancelled",
    ),
    path(
        "account/connections/failed/",
        social.login_error,
        name="socialaccount_login_error",
    ),
    path(
        "account/connections/sign-up/",
        evenly(social.signup),
        name="socialaccount_signup",
    ),
    path("account/github/", github_leave, name="github_login"),
    path("account/github/back/", evenly_got(github_back), name="github_callback"),
    path("account/google/", google_leave, name="google_login"),
    path("account/google/back/", evenly_got(google_back), name="google_callback"),
]
_MAIL = [
    path("mail/", mail_list, name="mail_list"),
    path("mail/<slug:name>/", mail_page, name="mail_page"),
]


def close_admin_doors(site: AdminSite) -> None:
    """Let the admin have no way in, out, or to a new password of its own.

    Second factors, limits and the audit log hold for its people as well.
    """
    doors: dict[str, Any] = {
        "login": secure_admin_login(site.login),  # type: ignore[no-untyped-call]
        "logout": require_POST(account.logout),
        "password_change": account.password_change,
    }
    for name, view in doors.items():
        setattr(site, name, view)


urlpatterns = [*_ENTRANCE, *_ACCOUNT, *_SECOND_FACTORS, *_PROVIDERS, *_MAIL]
