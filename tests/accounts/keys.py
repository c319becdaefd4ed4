"""Keys of the cast, and what they call."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from redis import Redis

from apps.accounts.domain.audit import Actor
from apps.accounts.domain.keys import KeyPower, Scope
from apps.accounts.models import Tier, TierOverride
from apps.accounts.selectors.workspaces import get_viewer
from apps.accounts.services.keys import NewKey, create_key
from apps.accounts.services.tiers import load_tiers

if TYPE_CHECKING:
    from uuid import UUID

    from apps.accounts.models import User
    from tests.accounts.cast import Cast

READ = "/api/v1/suites"
ALL = tuple(Scope)


def clock() -> datetime:
    return datetime.now(UTC)


def new_key(cast: Cast, by: User | None = None, **fields: Any) -> NewKey:
    """Make a key of the cast's workspace: of its owner, for everything."""
    maker = by or cast.owner
    values: dict[str, Any] = {
        "name": "Nightly",
        "power": KeyPower.READ_WRITE,
        "scopes": ALL,
        "workspace_id": cast.workspace.id,
        "now": clock(),
    }
    return create_key(
        viewer=get_viewer(maker, clock()),
        actor=Actor(maker.id, maker.email),
        **values | fields,
    )


def give_tier(workspace_id: UUID, slug: str, **fields: Any) -> None:
    """Put a workspace on a tier, and let the gate hear of it at once."""
    TierOverride.objects.update_or_create(
        workspace_id=workspace_id,
        defaults={"tier": Tier.objects.get(slug=slug), "reason": "test", **fields},
    )
    forget_copies()


def forget_copies() -> None:
    """Have the gate read everything anew, and count from zero."""
    Redis.from_url(settings.GATE_URL).flushdb()


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def open_streams() -> None:
    """Let everybody without a plan read streams: a tier is data."""
    load_tiers()
    for tier in Tier.objects.filter(is_default=True):
        Tier.objects.filter(pk=tier.pk).update(granted=[*tier.granted, "streams"])
    forget_copies()


def lift_limits() -> None:
    """Let everybody without a plan call as often as they like."""
    load_tiers()
    Tier.objects.filter(is_default=True).update(calls_per_hour=None)
    forget_copies()
