"""Callbacks of workspaces, and what they are signed with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db.models import Q

from apps.accounts.models import Delivery, DeliveryStatus, WebhookSecret
from apps.core.errors import NotFoundError
from apps.core.secrets import get_keyset

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from apps.accounts.selectors.workspaces import Viewer

DELIVERIES_A_PAGE = 50


@dataclass(frozen=True, slots=True)
class SecretRow:
    """A secret that signs, and until when; None is until another takes its place."""

    secret: str = field(repr=False)
    created_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A callback: where it goes, how often it was tried, and what came back."""

    id: UUID
    kind: str
    url: str
    status: str
    attempts: int
    next_at: datetime | None
    last_status: int | None
    last_error: str
    last_reply: str
    created_at: datetime
    ended_at: datetime | None

    @property
    def can_be_sent_again(self) -> bool:
        """Whether it is over, well or not."""
        return self.status != DeliveryStatus.PENDING


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """Some deliveries, newest first; `next_cursor` continues after them."""

    rows: tuple[DeliveryRow, ...]
    next_cursor: UUID | None


def get_visible_deliveries(viewer: Viewer) -> QuerySet[Delivery]:
    """Return the deliveries of the viewer's workspaces: the one door to them."""
    return Delivery.objects.filter(workspace_id__in=viewer.workspace_ids)


def list_deliveries(
    viewer: Viewer,
    workspace_id: UUID,
    *,
    cursor: UUID | None = None,
    limit: int = DELIVERIES_A_PAGE,
) -> DeliveryPage:
    """Return a workspace's deliveries, newest first."""
    found = get_visible_deliveries(viewer).filter(workspace_id=workspace_id)
    if cursor is not None:
        found = found.filter(pk__lt=cursor)
    rows = [_to_row(one) for one in found.order_by("-pk")[: limit + 1]]
    more = len(rows) > limit
    return DeliveryPage(tuple(rows[:limit]), rows[limit - 1].id if more else None)


def get_delivery(viewer: Viewer, workspace_id: UUID, delivery_id: UUID) -> DeliveryRow:
    """Return one delivery of a workspace.

    Raises:
        NotFoundError: there is none, as far as this viewer may see.
    """
    found = get_visible_deliveries(viewer).filter(
        workspace_id=workspace_id, pk=delivery_id
    )
    one = found.first()
    if one is None:
        raise NotFoundError(f"There is no delivery {delivery_id}.")
    return _to_row(one)


def read_secrets(workspace_id: UUID, now: datetime) -> tuple[SecretRow, ...]:
    """Return what a workspace's callbacks are signed with, the current secret first.

    Only to those whom the workspace lets see it, and to the job that signs.
    """
    valid = WebhookSecret.objects.filter(
        Q(expires_at__isnull=True) | Q(expires_at__gt=now), workspace_id=workspace_id
    )
    keyset = get_keyset()
    return tuple(
        SecretRow(
            secret=keyset.open(bytes(one.sealed), context=one.context),
            created_at=one.created_at,
            expires_at=one.expires_at,
        )
        for one in valid.order_by("-created_at", "-id")
    )


def _to_row(one: Delivery) -> DeliveryRow:
    return DeliveryRow(
        id=one.id,
        kind=one.kind,
        url=one.url,
        status=one.status,
        attempts=one.attempts,
        next_at=one.next_at,
        last_status=one.last_status,
        last_error=one.last_error,
        last_reply=one.last_reply,
        created_at=one.created_at,
        ended_at=one.ended_at,
    )
