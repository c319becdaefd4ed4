"""Which e-mail addresses a person has shown to be theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.models import EmailAddress

if TYPE_CHECKING:
    from uuid import UUID


def list_verified_addresses(user_id: UUID) -> frozenset[str]:
    """Return them in small letters; those that are not ASCII are left out.

    An invitation goes to an address in ASCII: a letter that only becomes one of its
    letters when it is made small is another letter.
    """
    found = EmailAddress.objects.filter(
        user_id=user_id, user__is_active=True, verified=True
    )
    addresses = found.values_list("email", flat=True)
    return frozenset(one.lower() for one in addresses if one.isascii())
