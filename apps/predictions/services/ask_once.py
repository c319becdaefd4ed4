"""Starting an asking from a form: as its estimate was shown, and once."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from apps.accounts.domain.idempotency import IdempotencyMismatchError, fingerprint
from apps.accounts.services.idempotency import Answer, answer_once
from apps.core.errors import ConflictError
from apps.core.turns import await_turn
from apps.predictions.services.ask_estimates import estimate_ask
from apps.predictions.services.asks import start_ask

if TYPE_CHECKING:
    from datetime import datetime

    from apps.accounts.domain.audit import Actor
    from apps.predictions.domain.asking import Asked


class EstimateChangedError(ConflictError):
    """What would be started is no longer what was shown; its page shows it anew."""


@transaction.atomic
def start_ask_once(
    *,
    workspace_id: UUID,
    asked: Asked,
    key: UUID,
    shown: str,
    actor: Actor,
    now: datetime,
) -> UUID:
    """Begin what an estimate has shown, and return the asking.

    A form that is sent twice begins one: the second waits for the first, and is given
    the same asking. `key` names the form, `shown` is the digest of its estimate.

    Raises:
        EstimateChangedError: the form asks for something else than was shown, or other
            markets are found by now.
    """

    def act() -> Answer:
        estimate = estimate_ask(workspace_id=workspace_id, asked=asked, now=now)
        if estimate.digest != shown:
            raise EstimateChangedError("What would be asked is not what was shown.")
        found = tuple(str(one.id) for one in estimate.markets)
        started = start_ask(
            workspace_id=workspace_id,
            asked=replace(asked, markets=found, query="", venue=""),
            trigger="page",
            actor=actor,
            now=now,
        )
        return Answer(201, json.dumps({"asking": str(started.run_id)}))

    await_turn(f"ask-form:{workspace_id}:{key}")
    try:
        answer = answer_once(
            workspace_id=workspace_id,
            key=f"ask-form:{key}",
            fingerprint=fingerprint("POST", shown, repr(asked).encode()),
            now=now,
            act=act,
        )
    except IdempotencyMismatchError:
        raise EstimateChangedError("The form was changed since it was sent.") from None
    return UUID(json.loads(answer.body)["asking"])
