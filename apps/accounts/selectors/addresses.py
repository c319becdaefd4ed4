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


def list_same_person(email: str) -> list[str]:
    """Return the addresses of whoever has shown this one to be theirs, and itself.

    In small letters and in order, whoever asks and however it is written.
    """
    owner = EmailAddress.objects.filter(email__iexact=email, verified=True)
    theirs = EmailAddress.objects.filter(
        user_id__in=owner.values("user_id"), verified=True
    ).values_list("email", flat=True)
    return sorted({email.lower(), *(one.lower() for one in theirs)})
