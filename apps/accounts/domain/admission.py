"""Who calls the API, what they may do, how much they have left, and how they fail."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from apps.accounts.domain.roles import Role
from apps.core.errors import AppError, ForbiddenError

if TYPE_CHECKING:
    from uuid import UUID

    from apps.accounts.domain.keys import Scope
    from apps.accounts.domain.tiers import Entitlements

POLICY = "default"
WARN_AT_PERCENT = (80, 100)


class KeyRefusedError(AppError):
    """A key was sent that opens nothing: the caller is never taken for a visitor."""

    code: ClassVar[str] = "key_invalid"
    status: ClassVar[int] = 401


class KeyInvalidError(KeyRefusedError):
    """It has not the form of a key, or nobody was ever given it."""


class KeyRevokedError(KeyRefusedError):
    """It was revoked."""

    code = "key_revoked"


class KeyExpiredError(KeyRefusedError):
    """Its time is over."""

    code = "key_expired"


class KeyAddressError(KeyRefusedError):
    """It is not to be used from the caller's address."""

    code = "key_address"


class KeysConflictError(AppError):
    """Two different keys came with one request."""

    code = "keys_conflict"
    status = 400


class ScopeMissingError(ForbiddenError):
    """The key may not be used for this; `scope` says what it lacks."""

    code = "scope_missing"

    def __init__(self, scope: Scope, identity: Identity) -> None:
        """Name the scope, and keep whose key it is."""
        super().__init__(f"This key does not have the scope {scope.value}.")
        self.scope = scope
        self.identity = identity


class RateLimitedError(AppError):
    """The limit of calls is reached; `quota` says when there is room again."""

    code = "rate_limited"
    status = 429
    retryable = True

    def __init__(self, message: str, quota: Quota, identity: Identity) -> None:
        """Keep how much, how long and who."""
        super().__init__(message)
        self.quota = quota
        self.identity = identity


@dataclass(frozen=True, slots=True)
class Quota:
    """How many of the calls of a window are used; `reset` is in seconds."""

    limit: int
    used: int
    reset: int
    seconds: int = 3600

    @property
    def left(self) -> int:
        """How many calls are left in the window."""
        return max(0, self.limit - self.used)

    @property
    def level(self) -> int:
        """The highest of the percentages that are warned of and reached, or zero."""
        return self._highest(0)

    @property
    def crossed(self) -> int:
        """The percentage that the newest call has just reached, or zero."""
        return self._highest((self.used - 1) * 100 + 1)

    def _highest(self, reached_from: int) -> int:
        for percent in reversed(WARN_AT_PERCENT):
            if reached_from <= self.limit * percent <= self.used * 100:
                return percent
        return 0


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a key, or a session, stands for; `refused` says why a key opens nothing.

    A person without a workspace has neither workspace nor key. The role of a key is at
    most that of whoever made it.
    """

    workspace_id: UUID | None = None
    key_id: UUID | None = None
    scopes: frozenset[Scope] = frozenset()
    role: Role = Role.VIEWER
    refused: str = ""


@dataclass(frozen=True, slots=True)
class StoredIdentity:
    """An identity with what is checked before it is used.

    `expires` is in seconds since 1970; `networks` are prefixes of bits, none for any
    address.
    """

    identity: Identity
    expires: float | None = None
    networks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Caller:
    """What a request says of who sends it."""

    address: str = ""
    key: str | None = field(default=None, repr=False)
    user_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Admission:
    """A call that was let in; `quota` is None where calls are not limited."""

    identity: Identity
    entitlements: Entitlements
    quota: Quota | None
