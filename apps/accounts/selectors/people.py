"""People as their own pages show them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from apps.accounts.models import User, Workspace

if TYPE_CHECKING:
    from uuid import UUID


def personal_workspace_id(user_id: UUID | None) -> UUID | None:
    """Return the id of the workspace that a person has without asking."""
    found = Workspace.objects.filter(personal_of_id=user_id, personal_of__isnull=False)
    return found.values_list("id", flat=True).first()


def find_person_by_email(email: str) -> User | None:
    """Return whoever has this address: as the first one, or as a proven other one."""
    is_first = Q(email=email.lower())
    is_other = Q(emailaddress__email=email.lower(), emailaddress__verified=True)
    return User.objects.filter(is_first | is_other).distinct().first()


def find_unconfirmed_sign_up(email: str) -> User | None:
    """Return whoever signed up with this address and never proved that it is theirs."""
    return (
        User.objects.filter(email=email.lower(), is_staff=False, last_login=None)
        .exclude(emailaddress__verified=True)
        .first()
    )


def has_verified_email(user: User) -> bool:
    """Return whether a person has shown that one of their addresses is theirs."""
    return user.emailaddress_set.filter(verified=True).exists()
