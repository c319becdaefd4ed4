from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.accounts.domain.invitations import InvitationState
from apps.accounts.domain.roles import Role
from apps.accounts.models.workspace import ROLES, Workspace
from apps.core.ids import new_id

STATES = [(state.value, state.value.capitalize()) for state in InvitationState]


class Invitation(models.Model):
    """A place in a workspace, offered to whoever reads the mail of an address.

    The link's token is in that mail alone; here is its hash.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="invitations")
    # In small ASCII letters.
    email = models.EmailField(max_length=254)
    role = models.CharField(max_length=10, choices=ROLES)
    state = models.CharField(
        max_length=10, choices=STATES, default=InvitationState.OPEN.value
    )
    digest = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField()
    sent_count = models.PositiveSmallIntegerField(default=1)
    expires_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["workspace", "sent_at"]),
            models.Index(fields=["email", "sent_at"]),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "email"],
                condition=Q(state=InvitationState.OPEN.value),
                name="invitation_one_open",
            ),
            models.CheckConstraint(
                condition=Q(role__in=[role.value for role in Role]),
                name="invitation_role_known",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in InvitationState]),
                name="invitation_state_known",
            ),
            models.CheckConstraint(
                condition=Q(state=InvitationState.OPEN.value, settled_at=None)
                | ~Q(state=InvitationState.OPEN.value) & Q(settled_at__isnull=False),
                name="invitation_settled_when_not_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} to {self.workspace_id}: {self.state}"
