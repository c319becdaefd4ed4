from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone

from apps.accounts.domain.roles import Role
from apps.accounts.models.workspace import Membership, Workspace
from apps.core.ids import new_id


class UserManager(BaseUserManager["User"]):
    """Makes people whose name is their e-mail address, in small letters."""

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """Return an address as it is stored."""
        return (email or "").strip().lower()

    def get_by_natural_key(self, username: str | None) -> User:
        """Return whoever has an address, however it is written."""
        return super().get_by_natural_key(self.normalize_email(username))

    def create_user(
        self, email: str, password: str | None = None, **fields: object
    ) -> User:
        """Create a person with a workspace of their own.

        Without a password none can be used to sign in.

        Raises:
            ValueError: the address is empty.
        """
        if not email:
            raise ValueError("A person needs an e-mail address.")
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.full_clean(exclude=["password"])
        with transaction.atomic(using=self._db):
            user.save(using=self._db)
            make_personal_workspace(user)
        return user

    def create_superuser(
        self, email: str, password: str | None = None, **fields: object
    ) -> User:
        """Create an operator with every permission."""
        with transaction.atomic(using=self._db):
            user = self.create_user(
                email, password, **{**fields, "is_staff": True, "is_superuser": True}
            )
            vouch_for_email(user)
        return user


def vouch_for_email(user: User) -> None:
    """Take a person's address for theirs, on the word of an operator."""
    user.emailaddress_set.exclude(email=user.email).update(primary=False)
    user.emailaddress_set.update_or_create(
        email=user.email, defaults={"primary": True, "verified": True}
    )


def make_personal_workspace(user: User) -> Workspace:
    """Give a person the workspace that they have without asking, once."""
    workspace, made = Workspace.objects.get_or_create(
        personal_of=user, defaults={"name": user.name or user.email.partition("@")[0]}
    )
    if made:
        Membership.objects.create(workspace=workspace, user=user, role=Role.OWNER)
    return workspace


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in by e-mail."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=200, blank=True)
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now)
    # Set while the deletion of the account can still be taken back.
    deletion_due_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Why it is overdue, in one line.
    deletion_problem = models.CharField(max_length=300, blank=True, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        permissions = (("impersonate_user", "Can see pages as another person"),)
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_unique"),
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="user_email_lower"
            ),
        ]

    def clean(self) -> None:
        """Write the address in small letters: people are looked up by it."""
        super().clean()
        self.email = UserManager.normalize_email(self.email)

    def __str__(self) -> str:
        return self.email
