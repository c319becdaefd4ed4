"""Shorthand for runs that workspaces start."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from apps.accounts.domain.audit import Actor
from apps.accounts.models import TierOverride
from apps.benchmarks.domain.on_demand import Asked, Scenarios, Started
from apps.benchmarks.services.on_demand import start_on_demand
from apps.catalog.models import Model, Provider
from tests.catalog.own import give_key, make_provider
from tests.engine.cast import clock, make_suite

if TYPE_CHECKING:
    from uuid import UUID

    from django.test import Client
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

    from tests.accounts.cast import Cast

API = "/api/v1/benchmarks/run"
HOOK = "https://8.8.8.8/hook"


def entitle(workspace_id: UUID, *granted: str) -> None:
    """Give a workspace what its tier may lack."""
    TierOverride.objects.update_or_create(
        workspace_id=workspace_id,
        defaults={"granted": ["runs_on_demand", *granted], "reason": "a test"},
    )


def add_model(
    provider: Provider, name: str = "m", price: Decimal | None = Decimal(0)
) -> Model:
    return Model.objects.create(
        provider=provider,
        name=name,
        upstream_name=name,
        display_name=name.upper(),
        sampling={"temperature": 0.0},
        input_price=price,
        output_price=price,
    )


def furnish(team: Cast, base_url: str = "http://127.0.0.1:9/v1") -> Model:
    """Make a suite of four tasks, a free model of `acme`, and the team's key for it."""
    make_suite(4)
    model = add_model(make_provider(base_url=base_url))
    give_key(team.workspace.id)
    return model


def body(**fields: Any) -> dict[str, Any]:
    """What a client sends; None leaves a field out."""
    known = {"scenarios": {"suite": "numbers"}, "models": ["acme/m"]}
    asked = known | fields
    return {name: value for name, value in asked.items() if value is not None}


def post(client: Client, team: Cast, key: str | None = None, **fields: Any) -> Response:
    """Ask for a run of the team."""
    headers = {} if key is None else {"Idempotency-Key": key}
    return client.post(
        API,
        body(**{"workspace": str(team.workspace.id)} | fields),
        content_type="application/json",
        headers=headers,
    )


def start(team: Cast, **fields: Any) -> Started:
    """Start a run of the team past all interfaces."""
    asked: dict[str, Any] = {"scenarios": Scenarios("numbers"), "models": ("acme/m",)}
    return start_on_demand(
        workspace_id=team.workspace.id,
        asked=Asked(**asked | fields),
        trigger="api",
        actor=Actor(user_id=team.owner.id, label="owner@example.org"),
        now=clock(),
    )
