"""Starting an asking: its models, markets and experiments, settled before it begins."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from django.db import transaction

from apps.accounts.domain.tiers import Entitlement
from apps.accounts.selectors.entitlements import entitlements
from apps.accounts.services.webhooks import check_callback, ensure_secret
from apps.predictions.domain.asking import AskedExperiment, AskStarted
from apps.predictions.domain.prompts import NEWEST
from apps.predictions.models import AskItem, AskRun, Experiment
from apps.predictions.services.ask_estimates import estimate_cost, mean_ask
from apps.predictions.services.ask_experiments import experiment_for
from apps.predictions.services.ask_leases import publish_ask

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from apps.accounts.domain.audit import Actor
    from apps.markets.selectors.markets import MarketRow
    from apps.predictions.domain.asking import Asked
    from apps.predictions.selectors.questions import Meant

SEED_BITS = 62


def admit_ask(*, workspace_id: UUID, webhook_url: str, now: datetime) -> None:
    """Pass where a workspace may have models asked, and their callback may go out.

    The callback's name is looked up, which takes its time: outside any transaction.

    Raises:
        EntitlementError: the tier does not include runs on demand.
        InvalidInputError: the callback may not go there.
    """
    entitlements(workspace_id, now).require(Entitlement.RUNS_ON_DEMAND)
    if webhook_url:
        check_callback(webhook_url)


@transaction.atomic
def start_ask(
    *,
    workspace_id: UUID | None,
    asked: Asked,
    trigger: str,
    actor: Actor,
    now: datetime,
    publish: bool = True,
) -> AskStarted:
    """Begin an asking, and say what it will probably take.

    A workspace asks with its own keys or the embedded model; without one it is the
    operator's, who asks with the installation's. With `publish` a worker takes it up.

    Raises:
        ConflictError: an experiment of that name was asked otherwise, or as many
            askings of the workspace go on as may.
        CredentialMissingError: the workspace holds no credential for a provider.
        EntitlementError: its tier does not include asking models.
        InvalidInputError: a name stands for nothing, a market cannot be predicted, or
            a number is out of range; all of it is named.
    """
    meant = mean_ask(workspace_id, asked, now)
    if workspace_id is not None and asked.webhook_url:
        ensure_secret(workspace_id=workspace_id, actor=actor, now=now)
    run = _make_run(workspace_id, asked, actor.user_id, now)
    run.trigger = trigger
    # Whoever begins it without a worker does it themselves, at once.
    run.published_at = None if publish else now
    run.full_clean()
    run.save(force_insert=True)
    experiments = [
        experiment_for(
            workspace_id=workspace_id,
            asked=asked,
            model=model,
            created_by_id=actor.user_id,
            now=now,
        )
        for model in meant.models
    ]
    _add_items(run, experiments, meant.markets)
    if publish:
        publish_ask(run.pk, now=now)
    return _tell(run, experiments, asked, meant)


def _tell(
    run: AskRun, experiments: Sequence[Experiment], asked: Asked, meant: Meant
) -> AskStarted:
    return AskStarted(
        run_id=run.pk,
        status=run.status,
        experiments=tuple(
            AskedExperiment(one.pk, one.name, model.full_name)
            for one, model in zip(experiments, meant.models, strict=True)
        ),
        markets=len(meant.markets),
        questions=len(meant.models) * len(meant.markets) * asked.samples,
        cost=estimate_cost(asked, meant, run.created_at),
    )


def _make_run(
    workspace_id: UUID | None, asked: Asked, user_id: UUID | None, now: datetime
) -> AskRun:
    return AskRun(
        workspace_id=workspace_id,
        created_by_id=user_id,
        name=asked.experiment,
        prompt_version=asked.prompt_version or NEWEST,
        outcome=asked.outcome,
        samples=asked.samples,
        shows_price=asked.shows_price,
        seed=secrets.randbits(SEED_BITS),
        max_cost=asked.max_cost,
        webhook_url=asked.webhook_url,
        created_at=now,
    )


def _add_items(
    run: AskRun, experiments: Iterable[Experiment], markets: Sequence[MarketRow]
) -> None:
    AskItem.objects.bulk_create(
        AskItem(run=run, experiment=one, market_id=market.id, position=position)
        for one in experiments
        for position, market in enumerate(markets, 1)
    )
