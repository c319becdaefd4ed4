"""Failures we anticipate; anything else is a bug and should surface as one."""

from __future__ import annotations

from typing import ClassVar


class AppError(Exception):
    """An anticipated failure whose message is safe to show to the user."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 400
    retryable: bool = False


class InvalidInputError(AppError):
    """What was given does not have the form that it needs."""

    code = "invalid_input"
    status = 422


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


class UnavailableError(AppError):
    """A part of the installation that this needs is missing or down."""

    code = "unavailable"
    status = 503
    retryable = True


class UpstreamError(AppError):
    """An outside system failed; `retryable` says whether trying again can help."""

    code = "upstream_failed"
    status = 502

    def __init__(self, message: str, *, retryable: bool) -> None:
        """Keep the one fact that a caller needs beside the message."""
        super().__init__(message)
        self.retryable = retryable
