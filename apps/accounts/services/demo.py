"""The operator of a fresh installation."""

from __future__ import annotations

import secrets

from django.db import transaction

from apps.accounts.models import User, vouch_for_email

DEMO_EMAIL = "demo@assay.localhost"
PASSWORD_BYTES = 12  # 96 bits, 16 characters


@transaction.atomic
def ensure_demo_user() -> str | None:
    """Create the demo operator where the installation has no operator yet.

    Returns the password, which is kept nowhere, or None where nobody was created.
    """
    if User.objects.filter(is_superuser=True).exists():
        return None
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    User.objects.create_superuser(DEMO_EMAIL, password, name="Demo")
    return password


@transaction.atomic
def reset_demo_password() -> str | None:
    """Give the demo operator a new password; return it, or None where there is none."""
    user = User.objects.select_for_update().filter(email=DEMO_EMAIL).first()
    if user is None:
        return None
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    user.set_password(password)
    user.save(update_fields=["password"])
    vouch_for_email(user)
    return password
