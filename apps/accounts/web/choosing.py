"""Which workspace a page that starts something is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from apps.accounts.domain.roles import Power
from apps.accounts.domain.tiers import Entitlement
from apps.accounts.selectors.entitlements import entitlements
from apps.accounts.selectors.workspaces import get_workspace, list_workspaces
from apps.accounts.viewers import viewer_of
from apps.core.errors import ForbiddenError, NotFoundError

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest

    from apps.accounts.domain.tiers import Entitlements
    from apps.accounts.selectors.workspaces import WorkspaceRow


@dataclass(frozen=True, slots=True)
class Choice:
    """The workspace that is meant, what its tier includes, and those beside it."""

    workspace: WorkspaceRow
    entitled: Entitlements
    workspaces: tuple[WorkspaceRow, ...]

    @property
    def is_entitled(self) -> bool:
        """Whether the tier includes starting anything."""
        return self.entitled.allows(Entitlement.RUNS_ON_DEMAND)


def choose_to_run(request: HttpRequest, now: datetime, *, refusal: str) -> Choice:
    """Return the workspace that is named, else the first that may start runs.

    Raises:
        ForbiddenError: whoever asks may run nowhere, or not in the one that is named.
        NotFoundError: they see no workspace of that id.
    """
    viewer = viewer_of(request)
    mine = tuple(row for row in list_workspaces(viewer) if row.allows(Power.RUN))
    if not mine:
        raise ForbiddenError(refusal)
    text = request.POST.get("workspace") or request.GET.get("workspace")
    if text:
        try:
            named = UUID(text)
        except ValueError:
            raise NotFoundError(f"There is no workspace {text[:40]}.") from None
        row = get_workspace(viewer, named, needs=Power.RUN)
        return Choice(row, entitlements(row.id, now), mine)
    choices = [Choice(row, entitlements(row.id, now), mine) for row in mine]
    return next((one for one in choices if one.is_entitled), choices[0])
