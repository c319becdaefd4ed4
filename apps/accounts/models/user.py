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
    """Makes people whose name is their e-mail address."""

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
        return self.create_user(
            email, password, **{**fields, "is_staff": True, "is_superuser": True}
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

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_unique")
        ]

    def __str__(self) -> str:
        return self.email
