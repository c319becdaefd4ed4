"""Askings in every state, with what became of each market."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from apps.catalog.models import Model
from apps.predictions.domain.words import ItemStatus
from apps.predictions.models import AskItem, AskRun, Attempt, Experiment
from tests.engine.cast import make_model
from tests.predictions.make import make_experiment, make_prediction
from tests.predictions.scored import make_markets
from tests.web.market_cast import HOSTILE

if TYPE_CHECKING:
    from apps.accounts.models import Workspace

STATES = ("queued", "running", "completed", "stopped", "cancelled", "failed")
BECAME = (
    (ItemStatus.RECORDED, ""),
    (ItemStatus.UNANSWERED, "0 of 3 samples can be used; the last: " + HOSTILE),
    (ItemStatus.REFUSED, "the market is closed"),
    (ItemStatus.FAILED, "HTTP 401 from the provider"),
    (ItemStatus.PENDING, ""),
)
GAVE = {
    ItemStatus.RECORDED: "ok",
    ItemStatus.UNANSWERED: "unreadable",
    ItemStatus.FAILED: "failed",
}


def make_asking(
    workspace: Workspace | None,
    status: str = "running",
    *,
    models: int = 1,
    name: str = "trial",
    **fields: Any,
) -> AskRun:
    """Make an asking of `models` models on five markets, of which no two went alike."""
    now = datetime.now(UTC)
    run = AskRun.objects.create(
        workspace=workspace,
        name=name,
        trigger="api",
        status=status,
        prompt_version="v2",
        samples=3,
        seed=1,
        max_cost=Decimal("2.50"),
        created_at=now - timedelta(hours=1),
        started_at=now - timedelta(minutes=50),
        **fields,
    )
    markets = make_markets(5)
    for number in range(1, models + 1):
        experiment = experiment_of(workspace, f"{name}-m{number}", number)
        for position, market in enumerate(markets, 1):
            became, reason = BECAME[position - 1]
            recorded = became is ItemStatus.RECORDED
            item = AskItem.objects.create(
                run=run,
                experiment=experiment,
                market=market,
                position=position,
                status=became.value,
                reason=reason[:300],
                prediction=make_prediction(experiment, market) if recorded else None,
            )
            if became in GAVE:
                add_attempt(item, GAVE[became])
    return run


def experiment_of(workspace: Workspace | None, name: str, number: int) -> Experiment:
    known = Experiment.objects.filter(workspace=workspace, name=name).first()
    if known is not None:
        return known
    model = Model.objects.filter(name=f"m{number}").first()
    model_id = model.id if model else make_model("http://127.0.0.1:9", f"m{number}")
    return make_experiment(
        name, workspace=workspace, kind="model", model_id=model_id, title=f"By {name}"
    )


def add_attempt(item: AskItem, outcome: str) -> None:
    Attempt.objects.create(
        experiment=item.experiment,
        market=item.market,
        item=item,
        sample=1,
        outcome=outcome,
        prompt="How probable is it?",
        cost=None if outcome == "failed" else Decimal("0.0021"),
    )
