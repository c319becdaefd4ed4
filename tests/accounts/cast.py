"""The fixed cast: one workspace, who belongs to it, and who does not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from apps.accounts.domain.roles import Role
from apps.accounts.models import Membership, User, Workspace, vouch_for_email
from apps.accounts.services.tiers import load_tiers

if TYPE_CHECKING:
    from uuid import UUID

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
WORDS = "a long pass phrase"


@dataclass(frozen=True, slots=True)
class Cast:
    """The owner's workspace with its people, and a stranger with another."""

    workspace: Workspace
    owner: User
    admin: User
    teammate: User
    viewer: User
    stranger: User

    @property
    def members(self) -> dict[str, User]:
        """Everybody who belongs to the workspace, by role."""
        return {
            "owner": self.owner,
            "admin": self.admin,
            "member": self.teammate,
            "viewer": self.viewer,
        }

    @property
    def everyone(self) -> dict[str, User]:
        """The members and the stranger."""
        return self.members | {"stranger": self.stranger}


def make_cast() -> Cast:
    load_tiers()
    people = {
        name: make_person(f"{name}@example.org")
        for name in ("owner", "admin", "teammate", "viewer", "stranger")
    }
    workspace = Workspace.objects.create(name="Bridge builders")
    for name, role in (
        ("owner", Role.OWNER),
        ("admin", Role.ADMIN),
        ("teammate", Role.MEMBER),
        ("viewer", Role.VIEWER),
    ):
        add_member(workspace, people[name], role)
    return Cast(workspace=workspace, **people)


def make_person(email: str, password: str | None = None, **fields: object) -> User:
    """A person with a confirmed address; a password takes long to hash."""
    person = User.objects.create_user(email, password, **fields)
    vouch_for_email(person)
    return person


def add_member(workspace: Workspace, user: User, role: Role) -> UUID:
    return Membership.objects.create(workspace=workspace, user=user, role=role).id
