"""Ending an asking before its time, and taking it up again, for its workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from apps.accounts.domain.tiers import Entitlement
from apps.accounts.selectors.entitlements import entitlements
from apps.catalog.selectors.own_keys import require_keys
from apps.core.errors import ConflictError, NotFoundError
from apps.predictions.domain.words import AskStatus
from apps.predictions.models import AskRun
from apps.predictions.selectors.ask_runs import ACTIVE
from apps.predictions.selectors.asks import list_models_left
from apps.predictions.services.ask_leases import call_back_ask, resume_ask
from apps.predictions.services.ask_limits import refuse_too_many

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID


@transaction.atomic
def cancel_ask(*, run_id: UUID, reason: str, now: datetime) -> None:
    """Ask no more; what is answered is kept, and a cancelled asking stays as it is.

    A worker that holds it notices within a second, and stores what comes within its
    grace: answers under way are paid for.

    Raises:
        ConflictError: it is over, so that there is nothing to cancel.
        NotFoundError: there is no such asking.
    """
    run = _lock(run_id)
    if run.status == AskStatus.CANCELLED.value:
        return
    if run.status not in ACTIVE:
        raise ConflictError(
            f"Asking {run_id} is {run.status} already: there is nothing to cancel."
        )
    run.status, run.reason = AskStatus.CANCELLED.value, reason[:300]
    run.finished_at = now
    run.save(update_fields=["status", "reason", "finished_at"])
    call_back_ask(run, now)


@transaction.atomic
def resume_own_ask(
    *, run_id: UUID, now: datetime, max_cost: Decimal | None = None
) -> None:
    """Take an asking up again by a worker, where its workspace may still have it done.

    Raises:
        ConflictError: it goes on, a worker still winds it up, it has nothing left, or
            as many askings of its workspace go on as may.
        CredentialMissingError: the workspace holds no credential for a provider.
        EntitlementError: its tier does not include asking models by now.
        InvalidInputError: `max_cost` is out of range, or a model's price is unknown.
        NotFoundError: there is no such asking.
    """
    run = _lock(run_id)
    if run.status == AskStatus.QUEUED.value:
        raise ConflictError(f"Asking {run_id} waits for a worker already.")
    if run.workspace_id is not None:
        entitlements(run.workspace_id, now).require(Entitlement.RUNS_ON_DEMAND)
        providers = (one.provider_name for one in list_models_left(run_id))
        require_keys(run.workspace_id, providers)
        refuse_too_many(run.workspace_id, besides=run_id)
    resume_ask(run_id=run_id, max_cost=max_cost, now=now)


def _lock(run_id: UUID) -> AskRun:
    run = AskRun.objects.select_for_update().filter(pk=run_id).first()
    if run is None:
        raise NotFoundError(f"There is no asking {run_id}.")
    return run
