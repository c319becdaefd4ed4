"""What an asking means and what it will take, with every refusal, before it begins."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from apps.accounts.domain.tiers import Entitlement
from apps.accounts.selectors.entitlements import entitlements
from apps.catalog.domain.costs import compute_cost
from apps.catalog.selectors.own_keys import require_keys
from apps.core.errors import Fault, InvalidFieldsError
from apps.predictions.domain.asking import (
    LONGEST_NAME,
    MOST_QUESTIONS,
    MOST_SAMPLES,
    expected_tokens,
    experiment_name,
    is_group_name,
)
from apps.predictions.domain.prompts import NEWEST, PROMPTS, write_prompt
from apps.predictions.selectors.questions import question_about, resolve_asked
from apps.predictions.services.ask_experiments import find_asked_experiment
from apps.predictions.services.ask_limits import faults_of_limit, refuse_too_many

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from apps.catalog.selectors.models import ModelRow
    from apps.markets.selectors.markets import MarketRow
    from apps.predictions.domain.asking import Asked
    from apps.predictions.selectors.questions import Meant


@dataclass(frozen=True, slots=True)
class ExpectedExperiment:
    """Where one model's predictions will go; without an id it is yet to be begun."""

    name: str
    model: str
    id: UUID | None


@dataclass(frozen=True, slots=True)
class AskEstimate:
    """What an asking will probably take; a `cost` of None is unknown."""

    asked: Asked
    markets: tuple[MarketRow, ...]
    experiments: tuple[ExpectedExperiment, ...]
    cost: Decimal | None

    @property
    def questions(self) -> int:
        """How many there are of all models; repeated ones are not counted."""
        return len(self.experiments) * len(self.markets) * self.asked.samples

    @property
    def exceeds_limit(self) -> bool:
        """Whether the cost limit will probably end it before all is asked."""
        limit = self.asked.max_cost
        return limit is not None and self.cost is not None and self.cost > limit

    @property
    def digest(self) -> str:
        """What tells this estimate from another: of whatever it says."""
        said = [
            asdict(self.asked),
            [str(one.id) for one in self.markets],
            [(one.name, str(one.id)) for one in self.experiments],
            str(self.cost),
        ]
        return hashlib.sha256(json.dumps(said, default=str).encode()).hexdigest()


def estimate_ask(*, workspace_id: UUID, asked: Asked, now: datetime) -> AskEstimate:
    """Say what an asking will take, and begin nothing.

    It raises whatever `start_ask` would at this moment.
    """
    meant = mean_ask(workspace_id, asked, now)
    experiments = []
    for model in meant.models:
        known = find_asked_experiment(workspace_id, asked, model)
        name = experiment_name(asked.experiment, model.full_name)
        experiments.append(
            ExpectedExperiment(name, model.full_name, known.pk if known else None)
        )
    return AskEstimate(
        asked=asked,
        markets=meant.markets,
        experiments=tuple(experiments),
        cost=estimate_cost(asked, meant, now),
    )


def mean_ask(workspace_id: UUID | None, asked: Asked, now: datetime) -> Meant:
    """Return what an asking means, where it can be begun.

    Raises:
        ConflictError: as many askings of the workspace go on as may.
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
    return meant


def estimate_cost(asked: Asked, meant: Meant, now: datetime) -> Decimal | None:
    """Return the US dollars that all answers may come to; None where prices lack."""
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
