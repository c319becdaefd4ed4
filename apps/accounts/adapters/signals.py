"""The one thing that allauth tells by a signal alone: a second factor that failed.

Everything else reaches the audit log through methods of the adapters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.mfa.signals import authentication_failed
from django.dispatch import receiver

from apps.accounts.adapters.acts import record_act
from apps.accounts.domain.audit import Act

if TYPE_CHECKING:
    from allauth.mfa.models import Authenticator
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.http import HttpRequest


@receiver(authentication_failed)
def note_failed_factor(
    request: HttpRequest,
    user: AbstractBaseUser,
    authenticator: Authenticator,
    **_: Any,
) -> None:
    """Write down a wrong code."""
    record_act(request, Act.SIGN_IN_FAILED, user, by=authenticator.type)
