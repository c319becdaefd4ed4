"""What allauth's account application is told to do in this product's way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from apps.accounts.adapters.acts import ACTS_BY_MAIL, record_act
from apps.accounts.domain.audit import Act
from apps.accounts.models import User
from apps.accounts.selectors.people import find_person_by_email, has_verified_email
from apps.accounts.services.mail import queue_mail
from apps.accounts.services.people import OWN_PASSWORD, keep_own_password, sign_up
from apps.core.web.addresses import client_address

if TYPE_CHECKING:
    from allauth.account.models import EmailAddress
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.forms import BaseForm
    from django.http import HttpRequest

# Where the server has no address of the client, all clients count as one.
NOWHERE = "0.0.0.0"  # noqa: S104 (compared and stored, not listened on)
STAGES = [
    "allauth.account.stages.EmailVerificationStage",
    "allauth.mfa.stages.AuthenticateStage",
]
MISMATCH = "That address and password do not belong together."


class AccountAdapter(DefaultAccountAdapter):
    """People sign in by address; what they do is written down; mail is queued."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": "This account has been switched off.",
        "cannot_remove_primary_email": "Your first address cannot be removed.",
        "duplicate_email": "This address already belongs to your account.",
        "email_password_mismatch": MISMATCH,
        "email_taken": "This address belongs to another account.",
        "enter_current_password": "This is not your present password.",
        "incorrect_code": "This is not the code.",
        "incorrect_password": "This is not your password.",
        "invalid_login": MISMATCH,
        "invalid_password_reset": "This link does not hold any more.",
        "max_email_addresses": "An account has at most %d addresses.",
        "rate_limited": "Too many tries. Wait a minute.",
        "too_many_login_attempts": "Too many tries. Wait five minutes, then try again.",
        "unverified_primary_email": "Confirm this address first.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Let anybody in, or only those whose address an invitation has proven."""
        return settings.SIGNUP_OPEN or bool(
            request.session.get("account_verified_email")
        )

    def save_user(
        self,
        request: HttpRequest,
        user: AbstractBaseUser,
        form: BaseForm,
        commit: bool = True,  # noqa: FBT001, FBT002 (allauth's signature)
    ) -> User:
        """Make the person with the workspace of their own."""
        person = sign_up(
            email=form.cleaned_data["email"],
            password=form.cleaned_data.get("password1"),
        )
        request.session[OWN_PASSWORD] = (str(person.pk), person.password)
        record_act(request, Act.SIGNED_UP, person)
        return person

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """Return who has the password, if they have ever confirmed an address.

        A sign-up that nobody confirmed must look like none: else a second sign-up with
        the same address and a try of its password would tell whether the address is
        known.
        """
        user = super().authenticate(request, **credentials)
        if not isinstance(user, User):
            return None
        if not has_verified_email(user):
            # The right password has just been taken off the count of failures.
            self.pre_authenticate(request, **credentials)
            self.authentication_failed(request, **credentials)
            return None
        return user

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Write the try down, with the same work for a known and an unknown address."""
        user = find_person_by_email(str(credentials.get("email", "")))
        record_act(request, Act.SIGN_IN_FAILED, user, by="password")

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """Sign in, in a session of a new key."""
        # `confirm_email` may have written another since this one was read.
        user.refresh_from_db(fields=["password"])
        methods = get_authentication_records(request, user)
        super().login(request, user)
        record_act(request, Act.SIGNED_IN, user, by=_shown(methods))

    def logout(self, request: HttpRequest) -> None:
        """Sign out."""
        if isinstance(request.user, User):
            record_act(request, Act.SIGNED_OUT, request.user)
        super().logout(request)

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Take an address for proven, and the password for theirs who proved it."""
        user_id, hashed = request.session.pop(OWN_PASSWORD, ("", None))
        person = email_address.user
        with transaction.atomic():
            person.password = keep_own_password(
                user_id=person.pk, hashed=hashed if user_id == str(person.pk) else None
            )
            confirmed = super().confirm_email(request, email_address)
        if confirmed:
            user = email_address.user
            record_act(request, Act.EMAIL_CONFIRMED, user, email=email_address.email)
        return confirmed

    def send_notification_mail(
        self,
        template_prefix: str,
        user: AbstractBaseUser,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Tell a person what happened to their account, and the audit log too."""
        act = ACTS_BY_MAIL[template_prefix]
        told = {
            name: str(value)
            for name, value in (context or {}).items()
            if name in {"from_email", "to_email", "deleted_email", "provider"}
        }
        record_act(self.request, act, user, **told)
        super().send_notification_mail(template_prefix, user, context, email)

    def send_mail(
        self, template_prefix: str, email: str, context: dict[str, Any]
    ) -> None:
        """Render a mail and queue it: no page waits for a mail server."""
        known = {"request": self.request, "email": email, "site": settings.SITE_NAME}
        mail = self.render_mail(template_prefix, email, known | context)
        queue_mail(
            to=email, subject=str(mail.subject), text=str(mail.body), now=timezone.now()
        )

    def get_login_stages(self) -> list[str]:
        """Name what stands between the password and the session."""
        return STAGES

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the client's address, past the proxies that are trusted."""
        return client_address(request) or NOWHERE

    def is_safe_url(self, url: str) -> bool:
        """Return whether a redirect stays on the host that was asked."""
        return url_has_allowed_host_and_scheme(
            url,
            allowed_hosts={self.request.get_host()},
            require_https=self.request.is_secure(),
        )


def _shown(records: list[dict[str, Any]]) -> str:
    return ", ".join(
        str(one.get("type") or one.get("provider") or one["method"]) for one in records
    )
