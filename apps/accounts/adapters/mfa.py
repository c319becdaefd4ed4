"""What allauth's second factors are told to do in this product's way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings

from apps.accounts.services.second_factors import open_factor, seal_factor

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser


class MfaAdapter(DefaultMFAAdapter):
    """Secrets of apps and recovery codes are sealed in the database."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "This did not match. Try again.",
        "unverified_email": "Confirm or remove your unconfirmed addresses first.",
        "cannot_generate_recovery_codes": "Set up an app or a passkey first.",
    }

    def encrypt(self, text: str) -> str:
        """Seal a secret for the database."""
        return seal_factor(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Open what was sealed."""
        return open_factor(encrypted_text)

    def generate_authenticator_name(
        self,
        user: AbstractBaseUser,
        type: Authenticator.Type,  # noqa: A002 (allauth's signature)
    ) -> str:
        """Propose a name for a passkey."""
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return f"Passkey {count + 1}"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Say for which site a passkey is."""
        return {
            **super().get_public_key_credential_rp_entity(),
            "name": settings.SITE_NAME,
        }
