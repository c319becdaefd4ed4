"""Starting an asking: its models, markets and experiments, settled before it begins."""

from __future__ import annotations

import secrets
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction

from apps.accounts.domain.tiers import Entitlement
from apps.accounts.selectors.entitlements import entitlements
from apps.accounts.services.webhooks import check_callback, ensure_secret
from apps.catalog.domain.costs import compute_cost
from apps.catalog.selectors.own_keys import require_keys
from apps.core.errors import ConflictError, Fault, InvalidFieldsError
from apps.core.turns import await_turn
from apps.predictions.domain.asking import (
    LONGEST_NAME,
    MOST_QUESTIONS,
    MOST_SAMPLES,
    AskedExperiment,
    AskStarted,
    expected_tokens,
    experiment_name,
    is_group_name,
)
from apps.predictions.domain.prompts import NEWEST, PROMPTS, write_prompt
from apps.predictions.domain.words import ExperimentKind
from apps.predictions.models import AskItem, AskRun, Experiment
from apps.predictions.selectors.questions import question_about, resolve_asked
from apps.predictions.selectors.visible import named_in
from apps.predictions.services.ask_leases import publish_ask
from apps.predictions.services.ask_limits import faults_of_limit, refuse_too_many
from apps.predictions.services.experiments import create_experiment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from apps.accounts.domain.audit import Actor
    from apps.catalog.selectors.models import ModelRow
    from apps.markets.selectors.markets import MarketRow
    from apps.predictions.domain.asking import Asked
    from apps.predictions.domain.prompts import PromptVersion
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
    if workspace_id is not None:
        entitlements(workspace_id, now).require(Entitlement.RUNS_ON_DEMAND)
    meant = resolve_asked(workspace_id, asked, now=now)
    _refuse_bad_numbers(asked, meant)
    if workspace_id is not None:
        require_keys(workspace_id, (one.provider_name for one in meant.models))
        refuse_too_many(workspace_id)
        if asked.webhook_url:
            ensure_secret(workspace_id=workspace_id, actor=actor, now=now)
    run = _make_run(workspace_id, asked, actor.user_id, now)
    run.trigger = trigger
    # Whoever begins it without a worker does it themselves, at once.
    run.published_at = None if publish else now
    run.full_clean()
    run.save(force_insert=True)
    experiments = [_experiment_of(run, model, now) for model in meant.models]
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
        cost=_estimate(asked, meant, run.created_at),
    )


def expected_cost(model: ModelRow, system: str, user: str) -> Decimal | None:
    """Return the US dollars that one answer may come to; None where prices lack."""
    most = model.sampling.get("max_tokens")
    tokens_in, tokens_out = expected_tokens(
        len(system) + len(user), most if isinstance(most, int) else None
    )
    return compute_cost(
        input_tokens=tokens_in,
        output_tokens=tokens_out,
        input_price=model.input_price,
        output_price=model.output_price,
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


def _refuse_bad_numbers(asked: Asked, meant: Meant) -> None:
    faults = []
    if not 1 <= asked.samples <= MOST_SAMPLES:
        faults.append(Fault("samples", f"use 1 to {MOST_SAMPLES}"))
    if not is_group_name(asked.experiment):
        what = f"use at most {LONGEST_NAME} letters, digits, hyphens and underscores"
        faults.append(Fault("experiment", what))
    questions = len(meant.models) * len(meant.markets) * asked.samples
    if questions > MOST_QUESTIONS:
        what = f"that is {questions} questions; {MOST_QUESTIONS} at most in one"
        faults.append(Fault("markets", what))
    faults += faults_of_limit(asked.max_cost, meant.models)
    if faults:
        raise InvalidFieldsError(faults)


def _experiment_of(run: AskRun, model: ModelRow, now: datetime) -> Experiment:
    """Return the experiment of a name and a model, begun where there is none.

    Raises:
        ConflictError: it was asked otherwise until now.
    """
    name = experiment_name(run.name, model.full_name)
    version = PROMPTS[run.prompt_version]
    parameters = _parameters(run, model, version)
    await_turn(f"experiments:{run.workspace_id}")
    known = named_in(Experiment.objects.all(), run.workspace_id, name).first()
    if known is None:
        made = create_experiment(
            workspace_id=run.workspace_id,
            name=name,
            kind=ExperimentKind.MODEL,
            title=f"{run.name}: {model.display_name}"[:200],
            model_id=model.id,
            prompt_version=run.prompt_version,
            parameters=parameters,
            created_by_id=run.created_by_id,
            now=now,
        )
        return Experiment.objects.get(pk=made.id)
    changed = [
        key
        for key in sorted({*parameters, *known.parameters})
        if parameters.get(key) != known.parameters.get(key)
    ]
    if known.prompt_version != run.prompt_version:
        changed.insert(0, "prompt_version")
    if known.kind != ExperimentKind.MODEL.value or known.model_id != model.id:
        changed = ["model"]
    if changed:
        raise ConflictError(
            f"The experiment {name!r} was asked otherwise until now "
            f"({', '.join(changed)}): what is compared must be alike, so begin one of "
            "another name."
        )
    return known


def _parameters(
    run: AskRun, model: ModelRow, version: PromptVersion
) -> dict[str, object]:
    return {
        "asked_as": run.name,
        "market_price_shown": run.shows_price,
        "prompt_hash": version.hash,
        "samples": run.samples,
        "sampling": dict(model.sampling),
    }


def _add_items(
    run: AskRun, experiments: Iterable[Experiment], markets: Sequence[MarketRow]
) -> None:
    AskItem.objects.bulk_create(
        AskItem(run=run, experiment=one, market_id=market.id, position=position)
        for one in experiments
        for position, market in enumerate(markets, 1)
    )


def _estimate(asked: Asked, meant: Meant, now: datetime) -> Decimal | None:
    version = PROMPTS[asked.prompt_version or NEWEST]
    total = Decimal(0)
    for market in meant.markets:
        question = question_about(market, asked.outcome, price=None)
        prompt = write_prompt(version, question, now)
        for model in meant.models:
            cost = expected_cost(model, prompt.system, prompt.user)
            if cost is None:
                return None
            total += cost * asked.samples
    return total
