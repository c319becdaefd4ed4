"""Starting and resuming runs on demand, which belong to a workspace.

They ask with the workspace's own keys or the embedded model, and never with a key of
the operator's: who would pay is settled before anything is written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from apps.accounts.domain.tiers import Entitlement
from apps.accounts.selectors.entitlements import entitlements
from apps.accounts.services.webhooks import check_callback, ensure_secret
from apps.benchmarks.domain.on_demand import (
    MOST_ACTIVE,
    MOST_ITERATIONS,
    MOST_SAMPLES,
    Asked,
    Started,
)
from apps.benchmarks.models import Run
from apps.benchmarks.selectors.on_demand import resolve_asked
from apps.benchmarks.selectors.runs import ACTIVE
from apps.benchmarks.services.runs import create_run, resume_run
from apps.catalog.selectors.models import get_models
from apps.catalog.selectors.own_keys import require_keys
from apps.core.errors import (
    ConflictError,
    Fault,
    InvalidFieldsError,
    InvalidInputError,
    NotFoundError,
)
from apps.core.turns import await_turn

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from apps.accounts.domain.audit import Actor
    from apps.catalog.selectors.models import ModelRow


def admit_on_demand(*, workspace_id: UUID, webhook_url: str, now: datetime) -> None:
    """Pass where a workspace may start runs, and their callback may go where it is to.

    The callback's name is looked up, which takes its time: outside any transaction.

    Raises:
        EntitlementError: the tier does not include runs on demand.
        InvalidInputError: the callback may not go there.
    """
    entitlements(workspace_id, now).require(Entitlement.RUNS_ON_DEMAND)
    if webhook_url:
        check_callback(webhook_url)


@transaction.atomic
def start_on_demand(
    *, workspace_id: UUID, asked: Asked, trigger: str, actor: Actor, now: datetime
) -> Started:
    """Start a run of a workspace, and say what it will probably take.

    Raises:
        ConflictError: as many of its runs go on as may.
        CredentialMissingError: it holds no credential for a provider.
        EntitlementError: its tier does not include what is asked for.
        InvalidInputError: a name stands for nothing, or a number is out of range.
    """
    entitled = entitlements(workspace_id, now)
    entitled.require(Entitlement.RUNS_ON_DEMAND)
    meant = resolve_asked(workspace_id, asked, entitled=entitled)
    _refuse_bad_numbers(asked, meant.models)
    require_keys(workspace_id, (one.provider_name for one in meant.models))
    _refuse_too_many(workspace_id)
    if asked.webhook_url:
        ensure_secret(workspace_id=workspace_id, actor=actor, now=now)
    run_id = create_run(
        suite_version_id=meant.version.id,
        model_ids=[one.id for one in meant.models],
        epochs=asked.iterations,
        limit=asked.scenarios.limit,
        categories=asked.scenarios.categories,
        max_cost=asked.max_cost,
        workspace_id=workspace_id,
        created_by_id=actor.user_id,
        is_on_demand=True,
        webhook_url=asked.webhook_url,
        trigger=trigger,
        now=now,
    )
    run = Run.objects.defer("manifest").get(pk=run_id)
    if run.samples > MOST_SAMPLES:
        raise InvalidInputError(
            f"That is {run.samples} samples; a run on demand takes at most "
            f"{MOST_SAMPLES}."
        )
    return Started(run.id, run.status, run.samples, run.estimated_cost)


@transaction.atomic
def resume_on_demand(
    *, run_id: UUID, now: datetime, max_cost: Decimal | None = None
) -> None:
    """Take up a run of a workspace again, where it may be started still.

    Raises:
        ConflictError: it goes on, has nothing left, or as many runs go on as may.
        CredentialMissingError: the workspace holds no credential for a provider.
        EntitlementError: its tier does not include runs on demand by now.
        NotFoundError: there is no such run on demand.
    """
    run = Run.objects.filter(pk=run_id, is_on_demand=True).first()
    if run is None or run.workspace_id is None:
        raise NotFoundError(f"There is no run {run_id}.")
    entitlements(run.workspace_id, now).require(Entitlement.RUNS_ON_DEMAND)
    models = get_models(run.shards.values_list("model_id", flat=True)).values()
    require_keys(run.workspace_id, (one.provider_name for one in models))
    _refuse_too_many(run.workspace_id)
    resume_run(run_id=run_id, max_cost=max_cost, now=now)


def _refuse_bad_numbers(asked: Asked, models: Sequence[ModelRow]) -> None:
    faults = []
    if not 1 <= asked.iterations <= MOST_ITERATIONS:
        faults.append(Fault("iterations", f"use 1 to {MOST_ITERATIONS}"))
    paid = [one.full_name for one in models if not _is_free(one)]
    if paid and asked.max_cost is None:
        names = ", ".join(paid[:3]) + (" and others" if paid[3:] else "")
        faults.append(Fault("max_cost", f"say how much may be spent on {names}"))
    if faults:
        raise InvalidFieldsError(faults)


def _is_free(model: ModelRow) -> bool:
    return model.input_price == 0 and model.output_price == 0


def _refuse_too_many(workspace_id: UUID) -> None:
    """Refuse a run beyond the most that may go on; requests at once take turns."""
    await_turn(f"on-demand:{workspace_id}")
    active = Run.objects.filter(
        workspace_id=workspace_id, is_on_demand=True, status__in=ACTIVE
    ).count()
    if active >= MOST_ACTIVE:
        raise ConflictError(
            f"{active} runs of this workspace go on already, which is the most: wait "
            "for one, or cancel it."
        )
