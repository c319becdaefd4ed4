"""What allauth does, as the audit log names it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from apps.accounts.domain.audit import Act, Actor
from apps.accounts.selectors.people import personal_workspace_id
from apps.accounts.services.audit import record
from apps.core.web.addresses import client_address

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.contrib.auth.base_user import AbstractBaseUser
    from django.http import HttpRequest

# allauth tells of each of these by a mail to the person, whether or not it is sent.
ACTS_BY_MAIL: Mapping[str, Act] = {
    "account/email/password_changed": Act.PASSWORD_CHANGED,
    "account/email/password_set": Act.PASSWORD_SET,
    "account/email/password_reset": Act.PASSWORD_RESET,
    "account/email/email_changed": Act.EMAIL_CHANGED,
    "account/email/email_deleted": Act.EMAIL_REMOVED,
    "mfa/email/totp_activated": Act.APP_ADDED,
    "mfa/email/totp_deactivated": Act.APP_REMOVED,
    "mfa/email/recovery_codes_generated": Act.RECOVERY_CODES_MADE,
    "mfa/email/webauthn_added": Act.PASSKEY_ADDED,
    "mfa/email/webauthn_removed": Act.PASSKEY_REMOVED,
    "socialaccount/email/account_connected": Act.PROVIDER_CONNECTED,
    "socialaccount/email/account_disconnected": Act.PROVIDER_DISCONNECTED,
}


def record_act(
    request: HttpRequest,
    act: Act,
    user: AbstractBaseUser | None,
    **details: object,
) -> None:
    """Write down what a person did to their own account.

    The owner of the personal workspace, who is the same person, can read of it.
    """
    user_id = user.pk if user else None
    record(
        act=act,
        actor=Actor(
            user_id=user_id,
            label=str(user) if user else "",
            ip=client_address(request),
        ),
        workspace_id=personal_workspace_id(user_id),
        details={name: value for name, value in details.items() if value},
        now=timezone.now(),
    )
