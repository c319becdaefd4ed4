"""The operator of a fresh installation."""

from __future__ import annotations

import secrets

from django.db import transaction

from apps.accounts.models import (
    Tier,
    TierOverride,
    User,
    Workspace,
    vouch_for_email,
)
from apps.accounts.services.tiers import load_tiers

DEMO_EMAIL = "demo@assay.localhost"
OWN_MACHINE = "The operator of this installation, made at its first start"
PASSWORD_BYTES = 12  # 96 bits, 16 characters


@transaction.atomic
def ensure_demo_user() -> str | None:
    """Create the demo operator where the installation has no operator yet.

    Its workspace has the last of the tiers by agreement: the limits of plans are for
    those who use the machine of another. An operator may change that, and it stays so.

    Returns the password, which is kept nowhere, or None where nobody was created.
    """
    if User.objects.filter(is_superuser=True).exists():
        return None
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    operator = User.objects.create_superuser(DEMO_EMAIL, password, name="Demo")
    load_tiers()
    agreed = TierOverride(
        workspace=Workspace.objects.get(personal_of=operator),
        tier=Tier.objects.order_by("position").last(),
        reason=OWN_MACHINE,
    )
    agreed.full_clean()
    agreed.save(force_insert=True)
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
