"""One answered call of the API, as it is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

MOST_ROUTE = 120


class Call(NamedTuple):
    """What is kept of a call: nothing of what was asked or answered.

    A tuple, since one is made at every call and a frozen dataclass takes ten times as
    long to make.

    `crossed` is the percentage of the hourly limit that this call reached first, or
    zero; `ip` is a network.
    """

    at: datetime
    workspace_id: UUID | None
    key_id: UUID | None
    method: str
    route: str
    status: int
    ms: float
    bytes: int
    request_id: str
    ip: str | None
    crossed: int = 0
