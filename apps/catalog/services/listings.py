"""Record what a provider lists: new models, known ones, vanished ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import structlog
from django.db import transaction
from kombu.exceptions import OperationalError

from apps.catalog.models import Model, Provider
from apps.catalog.services.prices import set_price
from apps.core.jobs import enqueue

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from apps.catalog.domain.completions import ListedModel

logger = structlog.get_logger(__name__)

NEW_FOR = timedelta(days=30)
# More at once are a catalogue seen for the first time and no news: benchmarking them
# all, unasked, could cost a fortune.
MOST_AT_ONCE = 10
_LONGEST_NAME = 200
_LARGEST_COUNT = 2**31 - 1


@dataclass(frozen=True, slots=True)
class ListingReport:
    """What a listing changed, by the models' names.

    `is_announced` says whether the new ones are to be benchmarked.
    """

    listed: int
    new: tuple[str, ...]
    deprecated: tuple[str, ...]
    returned: tuple[str, ...]
    is_announced: bool


@transaction.atomic
def record_listing(
    *, provider_id: UUID, listed: Sequence[ListedModel], now: datetime
) -> ListingReport:
    """Record a listing that succeeded and was complete.

    A model of an unknown name is added as new; up to `MOST_AT_ONCE` of them are handed
    over to be benchmarked once this is committed. Where the broker is down they are
    handed over with the next listing.
    One that an earlier listing named and this one does not is marked deprecated, one
    that came back is not any more. An empty listing tells nothing and changes nothing.
    """
    # The lock keeps a second sync of the same provider waiting.
    provider = Provider.objects.select_for_update().get(id=provider_id)
    entries = {entry.name: entry for entry in listed if _is_usable(entry.name)}
    known = {model.name: model for model in provider.models.all()}
    upstream = {model.upstream_name for model in known.values()}
    unknown = [
        entry
        for name, entry in sorted(entries.items())
        if name not in known and name not in upstream
    ]
    is_announced = 0 < len(unknown) <= MOST_AT_ONCE
    for entry in unknown:
        _add(provider, entry, is_unannounced=is_announced, now=now)
    deprecated: list[str] = []
    returned: list[str] = []
    for model in known.values() if entries else ():
        was_deprecated = model.is_deprecated
        _update(model, entries.get(model.upstream_name), now=now)
        if model.is_deprecated != was_deprecated:
            (deprecated if model.is_deprecated else returned).append(model.name)
    provider.synced_at = now
    provider.save(update_fields=["synced_at"])
    transaction.on_commit(partial(_announce, provider.id))
    return ListingReport(
        listed=len(entries),
        new=tuple(entry.name for entry in unknown),
        deprecated=tuple(deprecated),
        returned=tuple(returned),
        is_announced=is_announced,
    )


def _announce(provider_id: UUID) -> None:
    """Hand over what waits for it; what the broker does not take goes on waiting."""
    waiting = Model.objects.filter(
        provider=provider_id, is_new=True, is_unannounced=True
    )
    ids = list(waiting.order_by("name").values_list("id", flat=True))
    if not ids:
        return
    try:
        enqueue("benchmarks.benchmark_new_models", model_ids=[str(one) for one in ids])
    except OperationalError as error:
        logger.warning("new_models_not_announced", models=len(ids), error=str(error))
        return
    # Only now: a crash in between announces twice, which starts no run twice.
    Model.objects.filter(id__in=ids).update(is_unannounced=False)


def _add(
    provider: Provider, entry: ListedModel, *, is_unannounced: bool, now: datetime
) -> None:
    model = Model(
        provider=provider,
        name=entry.name,
        upstream_name=entry.name,
        display_name=(entry.display_name or entry.name)[:300],
        first_seen_at=now,
        is_new=True,
        is_unannounced=is_unannounced,
    )
    _describe(model, entry, now=now)
    model.full_clean()
    model.save(force_insert=True)


def _update(model: Model, entry: ListedModel | None, *, now: datetime) -> None:
    """Bring one known model up to the listing, or mark that it left it."""
    if entry is not None:
        _describe(model, entry, now=now)
    elif model.listed_at is not None and not model.is_deprecated:
        model.is_deprecated = True
        model.deprecated_at = now
    model.is_new = model.is_new and now - model.first_seen_at < NEW_FOR
    model.full_clean()
    model.save()


def _describe(model: Model, entry: ListedModel, *, now: datetime) -> None:
    """Take over what the listing says; what it leaves unsaid stays as it is."""
    model.last_seen_at = model.listed_at = now
    model.context_window = _fit(entry.context_window) or model.context_window
    model.max_output_tokens = _fit(entry.max_output_tokens) or model.max_output_tokens
    model.release_date = entry.release_date or model.release_date
    if entry.is_deprecated and not model.is_deprecated:
        model.deprecated_at = now
    if not entry.is_deprecated:
        model.deprecated_at = None
    model.is_deprecated = entry.is_deprecated
    set_price(model, listed=entry, now=now)


def _is_usable(name: str) -> bool:
    """Return whether a name can address a model on a command line."""
    return 0 < len(name) <= _LONGEST_NAME and name.isprintable() and "," not in name


def _fit(count: int | None) -> int | None:
    return count if count is not None and 0 < count <= _LARGEST_COUNT else None
