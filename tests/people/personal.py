"""Whose each address is that belongs to a person, the staff or nobody.

Every named address under `PREFIXES` has its row here, and `test_personal_access.py`
tries each. Whoever adds an address adds a row; a new kind of object in an address gets
a maker in `OBJECTS`.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.utils import timezone

from apps.accounts.gateways.mail_folder import write_mail
from apps.accounts.models import DataExport, User
from apps.accounts.pipelines.exports import build_export
from tests.people.acting import ADA, last_link

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.people.acting import Visitor

PREFIXES = ("account/", "mail/", "impersonation/")


class Whose(Enum):
    """Whom an address is for."""

    ANYBODY = "anybody"
    OWN = "whoever is signed in, for what is their own"
    OBJECT = "the person to whom the object in the address belongs"
    STAFF = "staff"


ANYBODY = (
    *("account_signup", "account_email_verification_sent", "account_inactive"),
    *("account_reset_password", "account_reset_password_done"),
    *("account_reset_password_from_key", "account_reset_password_from_key_done"),
    *("mfa_authenticate", "mfa_login_webauthn"),
    *("socialaccount_login_cancelled", "socialaccount_login_error"),
    *("socialaccount_signup", "github_login", "github_callback"),
    *("google_login", "google_callback", "stop_impersonation"),
)
OWN = (
    *("account", "account_reauthenticate", "account_data", "ask_for_export"),
    *("delete_account", "keep_account", "account_email"),
    *("account_change_password", "account_set_password", "usersessions_list"),
    *("mfa_index", "mfa_reauthenticate", "mfa_activate_totp", "mfa_deactivate_totp"),
    *("mfa_view_recovery_codes", "mfa_generate_recovery_codes", "mfa_list_webauthn"),
    *("mfa_add_webauthn", "mfa_reauthenticate_webauthn", "socialaccount_connections"),
)
OBJECT = (
    "account_export",
    "account_end_session",
    "mfa_edit_webauthn",
    "mfa_remove_webauthn",
)
STAFF = ("mail_list", "mail_page")
WHOSE = (
    dict.fromkeys(ANYBODY, Whose.ANYBODY)
    | dict.fromkeys(OWN, Whose.OWN)
    | dict.fromkeys(OBJECT, Whose.OBJECT)
    | dict.fromkeys(STAFF, Whose.STAFF)
)


def make_passkey(_: Visitor) -> object:
    owner = User.objects.get(email=ADA)
    data = {"name": "Phone", "credential": {}}
    return Authenticator.objects.create(user=owner, type="webauthn", data=data).pk


def find_session(_: Visitor) -> object:
    return UserSession.objects.get(user__email=ADA).pk


def build_archive(owner: Visitor) -> str:
    owner.client.post("/account/data/export/")
    export = DataExport.objects.get()
    assert build_export(export_id=export.id, clock=timezone.now)
    return last_link().split("/")[-2]


def write_to_folder(_: Visitor) -> str:
    return write_mail(settings.MAIL_FOLDER, b"Subject: Hello\n\nA code\n")


# What stands for each part of an address: something of Ada's, who is signed in.
OBJECTS: dict[str, Callable[[Visitor], object]] = {
    "pk": make_passkey,
    "session_id": find_session,
    "token": build_archive,
    "name": write_to_folder,
}
