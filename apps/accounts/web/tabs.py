"""The parts of a workspace's page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse

from apps.accounts.domain.roles import Power

if TYPE_CHECKING:
    from apps.accounts.selectors.workspaces import WorkspaceRow


@dataclass(frozen=True, slots=True)
class Tab:
    """One part: its name, the name of its address, and who sees it."""

    label: str
    view: str
    needs: Power = Power.VIEW


@dataclass(frozen=True, slots=True)
class TabLink:
    """A part that the member who looks may open."""

    label: str
    href: str
    current: bool


# In the order in which they stand.
TABS = (Tab("Overview", "workspace"),)


def workspace_context(workspace: WorkspaceRow, view: str) -> dict[str, object]:
    """Return what `accounts/workspace.html` needs around the part named `view`."""
    return {
        "workspace": workspace,
        "tabs": [
            TabLink(
                tab.label,
                reverse(tab.view, kwargs={"workspace_id": workspace.id}),
                tab.view == view,
            )
            for tab in TABS
            if workspace.allows(tab.needs)
        ],
    }
