"""Mail that waits, and mail in the installation's folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from apps.accounts.gateways.mail_folder import MailRow, MailText, list_mail, read_mail
from apps.accounts.models import OutgoingMail
from apps.core.errors import ForbiddenError, NotFoundError

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from apps.accounts.selectors.workspaces import Viewer

MOST_LISTED = 100


def due_mail(now: datetime, limit: int = 100) -> tuple[UUID, ...]:
    """Return the ids of mail that should be tried now, the longest due first."""
    due = OutgoingMail.objects.filter(next_try_at__lte=now, given_up_at=None)
    return tuple(due.order_by("next_try_at").values_list("id", flat=True)[:limit])


def list_visible_mail(viewer: Viewer) -> tuple[MailRow, ...]:
    """Return the newest mail of the folder, for staff.

    Raises:
        ForbiddenError: somebody else asks.
    """
    _only_staff(viewer)
    return list_mail(settings.MAIL_FOLDER, MOST_LISTED)


def get_visible_mail(viewer: Viewer, name: str) -> MailText:
    """Return one mail of the folder, for staff.

    Raises:
        ForbiddenError: somebody else asks.
        NotFoundError: there is no mail of that name.
    """
    _only_staff(viewer)
    found = read_mail(settings.MAIL_FOLDER, name)
    if found is None:
        raise NotFoundError(f"There is no mail {name}.")
    return found


def _only_staff(viewer: Viewer) -> None:
    if not viewer.is_staff:
        raise ForbiddenError("Only staff of this installation may read its mail.")
