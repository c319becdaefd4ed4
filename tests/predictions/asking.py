"""Models on a loopback provider that are asked about markets, for tests."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from apps.accounts.domain.audit import Actor
from apps.catalog.models import Model
from apps.core.backoff import RetryPolicy
from apps.predictions.domain.asking import Asked, AskStarted
from apps.predictions.models import AskRun, Attempt
from apps.predictions.pipelines.asking import AskOptions, run_ask
from apps.predictions.services.asks import start_ask
from tests.engine.cast import make_model
from tests.fakes.llm_wire import Reply
from tests.markets.make import make_market

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from apps.markets.models import Market
    from apps.predictions.domain.words import AskStatus
    from tests.fakes.llm_server import FakeLLM

OPERATOR = Actor(label="a test")


def clock() -> datetime:
    return datetime.now(UTC)


def leave_alone(_: Sequence[UUID]) -> None:
    """Stand for a venue that has nothing new to say."""


QUICK = AskOptions(
    poll_seconds=0.02, retries=RetryPolicy(max_retries=0), refresh=leave_alone
)


def says(probability: object, confidence: object = 60, why: str = "So it is.") -> Reply:
    document = {
        "reasoning": why,
        "probability": probability,
        "confidence": confidence,
    }
    return Reply(text=json.dumps(document))


def open_market(name: str = "rain", **fields: Any) -> Market:
    """Make a market that can be predicted at this moment."""
    now = clock()
    known: dict[str, Any] = {
        "quoted_at": now,
        "first_seen_at": now,
        "synced_at": now,
        "ends_at": now + timedelta(days=30),
        "event_id": name,
    }
    return make_market(name, **known | fields)


def model_at(server: FakeLLM, name: str = "m", price: str = "0", **fields: Any) -> str:
    """Make a model of the fake provider; return its full name."""
    model_id = make_model(server.base_url, name, price=Decimal(price))
    Model.objects.filter(pk=model_id).update(**fields)
    return f"fake/{name}"


def begin(
    models: Sequence[str], markets: Sequence[Market], **fields: Any
) -> AskStarted:
    """Start an asking of the operator's that no worker is told of."""
    known: dict[str, Any] = {
        "experiment": "trial",
        "models": tuple(models),
        "markets": tuple(str(one.pk) for one in markets),
    }
    return start_ask(
        workspace_id=None,
        asked=Asked(**known | fields),
        trigger="command",
        actor=OPERATOR,
        now=clock(),
        publish=False,
    )


def work(started: AskStarted, options: AskOptions = QUICK) -> AskStatus | None:
    return run_ask(started.run_id, clock=clock, options=options)


def attempts() -> list[tuple[int, int, str]]:
    """Return sample, attempt and outcome of every question."""
    rows = Attempt.objects.order_by("item__position", "sample", "attempt")
    return list(rows.values_list("sample", "attempt", "outcome"))


def reason_of_run() -> str:
    return AskRun.objects.get().reason


def prompt_of(body: Mapping[str, Any]) -> str:
    """Return the first thing that a person says in a request."""
    found = [one for one in body["messages"] if one["role"] == "user"]
    return str(found[0]["content"])
