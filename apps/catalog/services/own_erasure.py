"""Erasing what the catalogue keeps of a workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.catalog.models import ProviderCredential

if TYPE_CHECKING:
    from datetime import datetime

    from apps.accounts.registry import Subject


def erase_credentials(subject: Subject, now: datetime) -> int:
    """Remove a workspace's keys for providers, or the name of who stored one."""
    del now
    if subject.workspace_id is not None:
        stored = ProviderCredential.objects.filter(workspace_id=subject.workspace_id)
        return stored.delete()[0]
    made = ProviderCredential.objects.filter(created_by_id=subject.user_id)
    return made.update(created_by=None)
