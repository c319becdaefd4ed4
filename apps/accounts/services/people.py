"""Making people, and what they change about themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.hashers import make_password
from django.db import transaction

from apps.accounts.domain.audit import Act
from apps.accounts.models import User, make_personal_workspace, vouch_for_email
from apps.accounts.selectors.people import has_verified_email
from apps.accounts.services.audit import record
from apps.accounts.services.mail import queue_mail
from apps.core.errors import InvalidInputError

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from apps.accounts.domain.audit import Actor

FACTORS_SUBJECT = "Your second factors were removed at Assay"
FACTORS_TEXT = """An operator of Assay has removed the app, the passkeys and the \
recovery codes of your account. You sign in with your password alone, and can set up \
others.

If you did not ask for it, tell the operator at once.
"""
MOST_NAME = 200
# Where a session keeps its person and the hash of the password chosen in it, until it
# confirms the address.
OWN_PASSWORD = "account_own_password"  # noqa: S105 (a name)


@transaction.atomic
def sign_up(*, email: str, password: str | None, name: str = "") -> User:
    """Make a person with a workspace of their own; their address is not proven yet.

    Raises:
        ValidationError: somebody has this address, or it is none.
        IntegrityError: somebody has taken it in this very moment.
    """
    return User.objects.create_user(email.lower(), password, name=name)


@transaction.atomic
def sign_up_again(*, user_id: UUID, password: str) -> str:
    """Let a sign-up that nobody confirmed start over; return the password's hash.

    Whoever signs up with another's address holds it no longer than until its owner
    comes: only who reads the code in the mailbox gets in, by what they chose
    themselves (`keep_own_password`). Who has confirmed meanwhile keeps what they have.
    """
    hashed = make_password(password)
    user = User.objects.select_for_update().get(pk=user_id)
    if not has_verified_email(user):
        user.socialaccount_set.all().delete()  # whose they are nobody has shown
        user.password = hashed
        user.save(update_fields=["password"])
    return hashed


def keep_own_password(*, user_id: UUID, hashed: str | None) -> str:
    """Give the first who confirms an address the password that they chose.

    Somebody else may have signed up with the address since; without a hash nobody has
    a password until a mailed link sets one. Holds the person's row.
    """
    user = User.objects.select_for_update().get(pk=user_id)
    if not has_verified_email(user):
        user.password = hashed or make_password(None)
        user.save(update_fields=["password"])
    return user.password


@transaction.atomic
def confirm_only_email(*, user_id: UUID) -> None:
    """Take the one address of a person for proven: a link that was mailed to it came.

    Of several addresses it is not known which one the link went to; one of them has
    been proven before.
    """
    user = User.objects.select_for_update().get(pk=user_id)
    addresses = list(user.emailaddress_set.all())
    if not addresses:
        user.emailaddress_set.create(email=user.email, primary=True, verified=True)
    elif len(addresses) == 1 and not addresses[0].verified:
        addresses[0].primary = True
        addresses[0].set_verified()


@transaction.atomic
def vouch_for_person(*, user_id: UUID) -> None:
    """Take a person's address for theirs and see that they have a workspace.

    For people whom an operator adds, or gives another address.
    """
    user = User.objects.select_for_update().get(pk=user_id)
    vouch_for_email(user)
    make_personal_workspace(user)


@transaction.atomic
def remove_second_factors(*, user_id: UUID, actor: Actor, now: datetime) -> int:
    """Let a person who has lost all of their second factors in by the password alone.

    Returns how many there were; the person is told by mail.
    """
    user = User.objects.select_for_update().get(pk=user_id)
    factors = user.authenticator_set.all()
    count = factors.count()
    if count:
        factors.delete()
        record(
            act=Act.FACTORS_REMOVED,
            actor=actor,
            person_id=user.id,
            subject=user.email,
            now=now,
        )
        queue_mail(to=user.email, subject=FACTORS_SUBJECT, text=FACTORS_TEXT, now=now)
    return count


@transaction.atomic
def rename_person(*, user_id: UUID, name: str) -> None:
    """Change what a person is called.

    Raises:
        InvalidInputError: the name is too long.
    """
    if len(name) > MOST_NAME:
        raise InvalidInputError(f"A name has at most {MOST_NAME} characters.")
    user = User.objects.select_for_update().get(pk=user_id)
    user.name = name.strip()
    user.full_clean(exclude=["password"])
    user.save(update_fields=["name"])
