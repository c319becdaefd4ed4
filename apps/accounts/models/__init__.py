"""People and workspaces."""

from __future__ import annotations

from apps.accounts.models.user import User, UserManager
from apps.accounts.models.workspace import Membership, Role, Workspace

__all__ = ["Membership", "Role", "User", "UserManager", "Workspace"]
