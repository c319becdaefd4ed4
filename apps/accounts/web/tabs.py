"""The parts of a workspace's page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils import timezone

from apps.accounts.domain.roles import Power
from apps.accounts.selectors.usage import find_full_hour

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


# In the order in which they stand; those of higher apps come between.
TABS = (
    Tab("Overview", "workspace"),
    Tab("Members", "workspace_members"),
    Tab("Keys", "workspace-keys", Power.KEYS),
    Tab("Usage", "workspace-usage"),
    Tab("Webhooks", "workspace-webhooks"),
    Tab("Billing", "workspace-billing", Power.BILLING),
)
# Where those who run the workspace go, at the end.
LAST_TABS = (
    Tab("Audit", "workspace_audit", Power.AUDIT),
    Tab("Settings", "workspace_settings"),
)
_registered: list[Tab] = []


def register_tab(tab: Tab) -> None:
    """Add the part of a higher app; its `apps.py` calls this.

    Raises:
        ValueError: a part of that address is there already.
    """
    if any(known.view == tab.view for known in (*TABS, *_registered, *LAST_TABS)):
        raise ValueError(f"there is a tab {tab.view!r} already")
    _registered.append(tab)


def workspace_context(workspace: WorkspaceRow, view: str) -> dict[str, object]:
    """Return what `accounts/workspace.html` needs around the part named `view`."""
    return {
        "workspace": workspace,
        "full_hour": find_full_hour(workspace.id, now=timezone.now()),
        "keeps": workspace.allows(Power.OWN),
        "tabs": [
            TabLink(
                tab.label,
                reverse(tab.view, kwargs={"workspace_id": workspace.id}),
                tab.view == view,
            )
            for tab in (*TABS, *_registered, *LAST_TABS)
            if workspace.allows(tab.needs)
        ],
    }
