"""Who looks as whom: the flag in an operator's session, and whether it still holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core import signing

from apps.accounts.domain.impersonation import Impersonation, read_impersonation
from apps.accounts.models import User

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser

SESSION_KEY = "impersonation"
PERMISSION = "accounts.impersonate_user"
_SALT = "apps.accounts.impersonation"


@dataclass(frozen=True, slots=True)
class Impersonated:
    """A look that holds, and whom the pages take for their reader."""

    flag: Impersonation
    person: User


def seal_impersonation(flag: Impersonation) -> str:
    """Return the flag as the session keeps it."""
    return signing.dumps(flag.to_data(), salt=_SALT)


def unseal_impersonation(sealed: object) -> Impersonation | None:
    """Return what the session keeps, or None where it was not written by us."""
    try:
        return read_impersonation(signing.loads(str(sealed), salt=_SALT))
    except (signing.BadSignature, KeyError, ValueError):
        return None


def find_impersonated(
    sealed: object, operator: AbstractBaseUser | AnonymousUser, now: datetime
) -> Impersonated | None:
    """Return whom an operator sees the pages as, or None where that has ended.

    It ends by itself after its time, when the operator may no longer do it, and when
    the person is gone, switched off, or has become staff.
    """
    flag = unseal_impersonation(sealed)
    if flag is None or flag.operator_id != operator.pk:
        return None
    if not flag.started_at <= now < flag.ends_at or not may_impersonate(operator):
        return None
    person = find_reachable(flag.person_id)
    return None if person is None else Impersonated(flag, person)


def may_impersonate(operator: AbstractBaseUser | AnonymousUser) -> bool:
    """Return whether somebody may look as others do."""
    return (
        isinstance(operator, User)
        and operator.is_active
        and operator.is_staff
        and operator.has_perm(PERMISSION)
    )


def find_reachable(person_id: UUID) -> User | None:
    """Return a person whom an operator may look as: active, and no staff."""
    people = User.objects.filter(is_active=True, is_staff=False, is_superuser=False)
    return people.filter(pk=person_id).first()
