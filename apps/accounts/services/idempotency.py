"""Doing once what is asked for twice.

What a request does and the answer to it are one transaction under one lock of the
database. A process that is killed takes both back and leaves nothing to tidy up.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from django.db import transaction

from apps.accounts.domain.idempotency import (
    KEPT_FOR,
    IdempotencyBusyError,
    IdempotencyMismatchError,
)
from apps.accounts.models import KeptAnswer
from apps.core.turns import try_turn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered: a status, header fields, and a body of JSON."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)
    is_replayed: bool = False


@transaction.atomic
def answer_once(
    *,
    workspace_id: UUID,
    key: str,
    fingerprint: str,
    now: datetime,
    act: Callable[[], Answer],
) -> Answer:
    """Do something and keep its answer, or return the answer that was kept.

    `act` runs inside this transaction, so it must change nothing but the database.
    What it refuses by an exception is not kept: nothing was done, and the request may
    be mended and sent again.

    Args:
        workspace_id: whose key it is; workspaces do not see each other's.
        key: what names the request, chosen by the client.
        fingerprint: what tells the request from another.
        now: the time; answers of more than a day ago are forgotten.
        act: does it, and says what to answer.

    Raises:
        IdempotencyBusyError: the first request of that key is still under way.
        IdempotencyMismatchError: the key was used for another request.
    """
    if not try_turn(f"idempotency:{workspace_id}:{key}"):
        raise IdempotencyBusyError(
            "The first request with this Idempotency-Key is still under way; ask again "
            "in a moment."
        )
    mine = KeptAnswer.objects.filter(workspace_id=workspace_id, key=key)
    mine.filter(created_at__lte=now - KEPT_FOR).delete()
    kept = mine.first()
    if kept is None:
        return _act_and_keep(workspace_id, key, fingerprint, now, act)
    if kept.fingerprint != fingerprint:
        raise IdempotencyMismatchError(
            f"The Idempotency-Key {key!r} was used for another request within a day: "
            "give this one a key of its own."
        )
    answer = Answer(kept.status, kept.body, kept.headers)
    return replace(answer, is_replayed=True)


def forget_kept_answers(*, now: datetime) -> int:
    """Delete the answers that are no longer honoured; return how many there were."""
    old = KeptAnswer.objects.filter(created_at__lte=now - KEPT_FOR)
    return old.delete()[0]


def _act_and_keep(
    workspace_id: UUID,
    key: str,
    fingerprint: str,
    now: datetime,
    act: Callable[[], Answer],
) -> Answer:
    answer = act()
    kept = KeptAnswer(
        workspace_id=workspace_id,
        key=key,
        fingerprint=fingerprint,
        status=answer.status,
        headers=dict(answer.headers),
        body=answer.body,
        created_at=now,
    )
    # No field is needed: Django takes an empty object for a missing one.
    kept.full_clean(exclude=[] if answer.headers else ["headers"])
    kept.save(force_insert=True)
    return answer
