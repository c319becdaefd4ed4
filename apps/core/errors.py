"""Failures we anticipate; anything else is a bug and should surface as one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence


class AppError(Exception):
    """An anticipated failure whose message is safe to show to the user."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 400
    retryable: bool = False


class InvalidInputError(AppError):
    """What was given does not have the form that it needs."""

    code = "invalid_input"
    status = 422


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with what was given, and where."""

    where: str
    what: str


class InvalidFieldsError(InvalidInputError):
    """Several things are wrong with what was given; each is named."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        """Keep what is wrong, and say all of it in one line."""
        super().__init__("; ".join(f"{one.where}: {one.what}" for one in faults))
        self.faults = tuple(faults)


class UnauthenticatedError(AppError):
    """Nobody in particular asks, and this is for somebody in particular."""

    code = "not_authenticated"
    status = 401


class NotFoundError(AppError):
    """Nothing of that name is visible to the one who asks."""

    code = "not_found"
    status = 404


class ConflictError(AppError):
    """The object is in a state that does not admit the change."""

    code = "conflict"
    status = 409


class ForbiddenError(AppError):
    """The one who asks may see the object and may not do this to it."""

    code = "forbidden"
    status = 403


class TooLargeError(AppError):
    """More was sent at once than is taken."""

    code = "too_large"
    status = 413


class UnavailableError(AppError):
    """A part of the installation that this needs is missing or down."""

    code = "unavailable"
    status = 503
    retryable = True


class UpstreamError(AppError):
    """An outside system failed; `retryable` says whether trying again can help."""

    code = "upstream_failed"
    status = 502

    def __init__(
        self,
        message: str,
        *,
        retryable: bool,
        retry_after_seconds: float | None = None,
    ) -> None:
        """Keep what a caller needs beside the message.

        `retry_after_seconds` is how long the system asked to be left alone, where it
        said so.
        """
        super().__init__(message)
        self.retryable = retryable
        self.retry_after_seconds = retry_after_seconds
