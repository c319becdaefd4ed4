"""An operator's look at the pages as another person sees them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

LASTS = timedelta(minutes=30)
MOST_REASON = 300


@dataclass(frozen=True, slots=True)
class Impersonation:
    """Who looks as whom, why, and since when. Nothing can be changed meanwhile."""

    id: UUID
    operator_id: UUID
    person_id: UUID
    reason: str
    started_at: datetime

    @property
    def ends_at(self) -> datetime:
        """The moment from which it holds no longer."""
        return self.started_at + LASTS

    def to_data(self) -> dict[str, str]:
        """Return it as plain text values."""
        return {
            "id": str(self.id),
            "operator": str(self.operator_id),
            "person": str(self.person_id),
            "reason": self.reason,
            "started_at": self.started_at.isoformat(),
        }


def read_impersonation(data: dict[str, str]) -> Impersonation:
    """Return what `to_data` wrote down.

    Raises:
        KeyError: a part is missing.
        ValueError: a part has not its form.
    """
    return Impersonation(
        id=UUID(data["id"]),
        operator_id=UUID(data["operator"]),
        person_id=UUID(data["person"]),
        reason=data["reason"],
        started_at=datetime.fromisoformat(data["started_at"]),
    )
