"""The mail of an invitation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.template.loader import render_to_string

from apps.accounts.services.mail import queue_mail

if TYPE_CHECKING:
    from datetime import datetime

    from apps.accounts.domain.roles import Role

WITH_ARTICLE = {
    "owner": "an owner",
    "admin": "an admin",
    "member": "a member",
    "viewer": "a viewer",
}


def mail_invitation(
    *,
    to: str,
    workspace: str,
    inviter: str,
    role: Role,
    link: str,
    expires_at: datetime,
    now: datetime,
) -> None:
    """Send an invitation after the commit."""
    context = {
        "to": to,
        "workspace": workspace,
        "inviter": inviter,
        "role": WITH_ARTICLE[role.value],
        "link": link,
        "expires_at": expires_at,
    }
    queue_mail(
        to=to,
        subject=f"Join {workspace} on Assay",
        text=render_to_string("accounts/mail/invitation.txt", context),
        now=now,
    )
