"""What allauth's providers are told to do in this product's way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import structlog
from allauth.socialaccount.adapter import (
    DefaultSocialAccountAdapter,
    _build_apps_from_settings,
)
from django.db import transaction

from apps.accounts.adapters.acts import record_act
from apps.accounts.domain.audit import Act
from apps.accounts.models import User, make_personal_workspace
from apps.accounts.services.people import MOST_NAME

if TYPE_CHECKING:
    from allauth.socialaccount.models import SocialApp, SocialLogin
    from django.forms import Form
    from django.http import HttpRequest

logger = structlog.get_logger(__name__)


class SocialAdapter(DefaultSocialAccountAdapter):
    """Providers come from the environment; a provider's word opens no old account."""

    error_messages = {
        **DefaultSocialAccountAdapter.error_messages,
        "no_password": "Set a password first, or you could not sign in any more.",
        "no_verified_email": "Confirm an e-mail address first.",
        "connected_other": "It already belongs to another account here.",
    }

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str = ""
    ) -> list[SocialApp]:
        """Return the configured applications; none are kept in the database."""
        found = _build_apps_from_settings(
            provider=provider, client_id=client_id or None
        )
        return [app for apps in found.values() for app in apps]

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Take one address of the provider's: the first that it has proven.

        The others would be kept unproven with the account, where they block things.
        """
        addresses = sociallogin.email_addresses
        proven = [one for one in addresses if one.verified] or addresses
        first = [one for one in proven if one.primary] or proven
        sociallogin.email_addresses = first[:1]
        user = sociallogin.user
        if first and isinstance(user, User) and not sociallogin.is_existing:
            user.email = first[0].email.lower()

    def populate_user(
        self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]
    ) -> User:
        """Take the name that the person has there."""
        user: User = super().populate_user(request, sociallogin, data)
        parts = (data.get("first_name"), data.get("last_name"))
        name = data.get("name") or " ".join(part for part in parts if part)
        user.name = str(name)[:MOST_NAME]
        return user

    @transaction.atomic
    def save_user(
        self, request: HttpRequest, sociallogin: SocialLogin, form: Form | None = None
    ) -> User:
        """Make the person with the workspace of their own."""
        user = cast("User", sociallogin.user)
        user.set_unusable_password()
        if form:
            user.email = form.cleaned_data["email"].lower()
        sociallogin.save(request)
        make_personal_workspace(user)
        record_act(request, Act.SIGNED_UP, user, by=sociallogin.account.provider)
        return user

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Any = None,
        extra_context: Any = None,
    ) -> None:
        """Log why a sign-in through a provider came to nothing."""
        logger.warning(
            "provider_sign_in_failed",
            provider=provider.id,
            error=str(error or ""),
            cause=type(exception).__name__,
        )
