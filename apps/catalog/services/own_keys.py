"""Storing, replacing and removing the keys that workspaces bring."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from apps.accounts.domain.audit import Act, Actor
from apps.accounts.services.audit import record
from apps.catalog.domain.credentials import OwnKey, clean_key, last_four
from apps.catalog.models import Provider, ProviderCredential
from apps.catalog.selectors.own_keys import list_keyed_providers, takes_key
from apps.core.errors import InvalidInputError, NotFoundError
from apps.core.ids import new_id
from apps.core.secrets import Resealed, get_keyset, reseal_rows

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

# A run asks a thousand times; that it did is written down once a minute at most.
USE_NOTED_EVERY = timedelta(minutes=1)
LONGEST_NAME = 100


@transaction.atomic
def store_credential(
    *,
    workspace_id: UUID,
    provider: str,
    key: str,
    actor: Actor,
    now: datetime,
    name: str = "",
) -> bool:
    """Store a workspace's key for a provider; return whether it is the first.

    A key that was there before is gone. The log tells that one was stored, and of it
    no more than is shown.

    Raises:
        InvalidInputError: the key cannot be one, or the provider takes none.
        NotFoundError: there is no such provider.
    """
    cleaned, called = clean_key(key), _clean_name(name)
    kept = Provider.objects.select_for_update(no_key=True).filter(name=provider).first()
    _refuse_bad_provider(provider, kept)
    before = ProviderCredential.objects.filter(
        workspace_id=workspace_id, provider=kept
    ).first()
    row = before or ProviderCredential(
        id=new_id(), workspace_id=workspace_id, provider=kept
    )
    row.name, row.last_four = called, last_four(cleaned)
    row.sealed = get_keyset().seal(cleaned, context=row.context)
    row.created_by_id, row.created_at, row.last_used_at = actor.user_id, now, None
    row.full_clean()
    row.save()
    record(
        act=Act.CREDENTIAL_REPLACED if before else Act.CREDENTIAL_STORED,
        actor=actor,
        now=now,
        workspace_id=workspace_id,
        subject=provider,
        details={"ends_in": row.last_four, "name": row.name},
    )
    return before is None


@transaction.atomic
def remove_credential(
    *, workspace_id: UUID, provider: str, actor: Actor, now: datetime
) -> None:
    """Remove a workspace's key for a provider.

    Raises:
        NotFoundError: none is stored.
    """
    found = (
        ProviderCredential.objects.select_for_update()
        .filter(workspace_id=workspace_id, provider__name=provider)
        .first()
    )
    if found is None:
        raise NotFoundError(f"No credential for {provider!r} is stored here.")
    found.delete()
    record(
        act=Act.CREDENTIAL_REMOVED,
        actor=actor,
        now=now,
        workspace_id=workspace_id,
        subject=provider,
        details={"ends_in": found.last_four, "name": found.name},
    )


def note_use(*, key: OwnKey, now: datetime) -> None:
    """Write down that a credential was used just now, once a minute at most."""
    ProviderCredential.objects.filter(
        Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - USE_NOTED_EVERY),
        workspace_id=key.workspace_id,
        provider__name=key.provider,
    ).update(last_used_at=now)


def reseal_credentials() -> Resealed:
    """Seal with the first key what another one sealed."""
    return reseal_rows(
        ProviderCredential.objects.all(), "sealed", lambda row: str(row.context)
    )


def _clean_name(text: str) -> str:
    name = text.strip()
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidInputError(
            f"name: write up to {LONGEST_NAME} letters without line breaks."
        )
    return name


def _refuse_bad_provider(name: str, provider: Provider | None) -> None:
    if provider is not None and takes_key(provider):
        return
    taking = ", ".join(one.name for one in list_keyed_providers()) or "none"
    if provider is None:
        raise NotFoundError(f"No provider is named {name!r}; there is {taking}.")
    raise InvalidInputError(
        f"provider: {name} takes no key of yours; these do: {taking}."
    )
