"""What the members of a workspace may do."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a member is in a workspace, the mightiest first."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"
    VIEWER = "viewer"


class Power(StrEnum):
    """One thing that a role may allow."""

    VIEW = "view"  # see the workspace and what belongs to it
    RUN = "run"  # start runs, and make the workspace's own tasks and predictions
    KEYS = "keys"  # make API keys, and revoke one's own
    ALL_KEYS = "all_keys"  # revoke anybody's
    CREDENTIALS = "credentials"  # store and remove the keys of providers
    MEMBERS = "members"  # invite, remove and change the roles of others
    SETTINGS = "settings"  # rename the workspace
    AUDIT = "audit"  # read the audit log
    BILLING = "billing"  # subscribe, change and cancel the plan
    OWN = "own"  # make or unmake owners, delete the workspace


_MEMBER = frozenset({Power.VIEW, Power.RUN, Power.KEYS})
_ADMIN = _MEMBER | {
    Power.ALL_KEYS,
    Power.CREDENTIALS,
    Power.MEMBERS,
    Power.SETTINGS,
}
_POWERS: dict[Role, frozenset[Power]] = {
    Role.VIEWER: frozenset({Power.VIEW}),
    Role.MEMBER: _MEMBER,
    Role.ADMIN: _ADMIN,
    Role.OWNER: frozenset(Power),
}


def has_power(role: Role, power: Power) -> bool:
    """Return whether a role allows something."""
    return power in _POWERS[role]


def may_give(giver: Role, role: Role) -> bool:
    """Return whether one role may make others into another: up to itself."""
    ranks = list(Role)
    return has_power(giver, Power.MEMBERS) and ranks.index(giver) <= ranks.index(role)


def roles_to_give(giver: Role) -> tuple[Role, ...]:
    """Return the roles that one may make others into, the mightiest first."""
    return tuple(role for role in Role if may_give(giver, role))
