"""The mail that tells administrators of an hour that fills up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.accounts.domain.roles import Power, Role, has_power
from apps.accounts.models import Membership, Workspace
from apps.accounts.services.mail import queue_mail

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

_SAID = {
    80: "has used 80 % of the calls that its tier lets it make in an hour",
    100: "has used all calls that its tier lets it make in an hour, and further ones "
    "are refused until the first of them are an hour old",
}


def mail_usage_warning(*, workspace_id: UUID, percent: int, now: datetime) -> None:
    """Tell everybody who runs the workspace, each in a mail of their own.

    Sent after the commit, and not at all for a workspace that is gone.
    """
    workspace = Workspace.objects.filter(pk=workspace_id).first()
    if workspace is None:
        return
    text = (
        f"Your workspace {workspace.name} {_SAID[percent]}.\n\n"
        "Its page Usage says by which keys and endpoints. A higher tier has more "
        "calls; the page Pricing compares them.\n\n"
        "This is said at most once a day."
    )
    for email in _administrators(workspace_id):
        subject = f"{percent} % of this hour's API calls are used"
        queue_mail(to=email, subject=subject, text=text, now=now)


def _administrators(workspace_id: UUID) -> list[str]:
    roles = [role.value for role in Role if has_power(role, Power.SETTINGS)]
    members = Membership.objects.filter(
        workspace_id=workspace_id, role__in=roles, user__is_active=True
    )
    return list(members.order_by("id").values_list("user__email", flat=True))
