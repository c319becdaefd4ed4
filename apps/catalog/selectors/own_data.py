"""What the catalogue keeps of a workspace, for an export."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.accounts.domain.exports import ExportFile
from apps.catalog.models import ProviderCredential

if TYPE_CHECKING:
    from collections.abc import Mapping

    from apps.accounts.registry import Subject

_CREDENTIAL = "catalog.ProviderCredential"


def export_credentials(subject: Subject) -> Mapping[str, ExportFile]:
    """Return whose keys for providers are stored: names and last four letters."""
    if subject.workspace_id is not None:
        found = ProviderCredential.objects.filter(workspace_id=subject.workspace_id)
        about = "Its keys for providers, by their last four letters."
    else:
        found = ProviderCredential.objects.filter(created_by_id=subject.user_id)
        about = "The keys for providers that you stored, by their last four letters."
    rows = found.values(
        "workspace_id", "provider__name", "name", "last_four", "created_at"
    )
    return {"credentials.json": ExportFile(about, rows, (_CREDENTIAL,))}
