"""Both APIs, called at random from their own descriptions: no crash, no surprise."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as effort
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from apps.catalog.models import Model
from tests.accounts.access import OBJECTS
from tests.accounts.keys import bearer, give_tier, lift_limits, new_key, open_streams
from tests.markets.make import make_market
from tests.on_demand.cast import furnish, start
from tests.predictions.make import make_experiment, make_prediction
from tests.web import cast as benches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

    from tests.accounts.cast import Cast

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(600)]
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
EXAMPLES = 8
DESCRIPTIONS = ("/api/v1/openapi.json", "/api/account/openapi.json")
SENDERS = ("a visitor", "a key", "the owner")
TURNED_AWAY = {401, 403, 404, 429}
TOKEN = "t" * 32

# What even the owner of a workspace is turned away from, and why.
OUT_OF_REACH: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Stage:
    """What the calls are about, and how each sender says who they are."""

    objects: dict[str, tuple[str, ...]]
    other: str  # what an experiment may be compared with
    headers: dict[str, dict[str, str]]
    cookies: dict[str, dict[str, str]]

    def send(self, case: schemathesis.Case[Any], who: str, turn: int) -> int:
        """Send a call about things that are there, and leave them as they were."""
        for name, known in self.objects.items():
            if name in case.path_parameters:
                case.path_parameters[name] = known[turn % len(known)]
        if turn % 2 == 0 and "with" in (case.query or {}):
            case.query["with"] = self.other
        with transaction.atomic():
            response = case.call(
                headers=self.headers.get(who, {}), cookies=self.cookies.get(who, {})
            )
            transaction.set_rollback(True)
        case.validate_response(response, checks=list(CHECKS))
        return response.status_code


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """Keep the test's transaction, as Django's own client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def stage(cast: Cast, client: Client) -> Stage:
    lift_limits()
    open_streams()
    give_tier(cast.workspace.id, "enterprise")
    key = new_key(cast, name="The sender")
    client.force_login(cast.owner)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    return Stage(
        objects=make_objects(cast),
        other=str(make_experiment("other").pk),
        headers={"a key": bearer(key.secret), "the owner": {"X-CSRFToken": TOKEN}},
        cookies={
            "the owner": {
                settings.SESSION_COOKIE_NAME: session,
                settings.CSRF_COOKIE_NAME: TOKEN,
            }
        },
    )


def make_objects(cast: Cast) -> dict[str, tuple[str, ...]]:
    """Return what may stand for each part of an address: one or several of a kind."""
    graded = benches.make_graded_run()
    furnish(cast)
    under_way = start(cast).run_id
    own = make_experiment("own", workspace=cast.workspace)
    predicted = make_prediction(own, make_market())
    found = {name: (str(make(cast)),) for name, make in OBJECTS.items()}
    return found | {
        "key_id": (str(new_key(cast, name="Not the sender").id),),
        "model_id": (str(Model.objects.earliest("name").id),),
        "experiment_id": (str(own.pk),),
        "market_id": (str(predicted.market_id),),
        "prediction_id": (str(predicted.pk),),
        "run_id": (str(graded), str(under_way)),
    }


@pytest.mark.parametrize("who", SENDERS)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("description", DESCRIPTIONS)
def test_no_call_crashes_or_leaves_the_description(
    stage: Stage, description: str, mode: GenerationMode, who: str
) -> None:
    schema = schemathesis.openapi.from_wsgi(description, WSGIHandler())
    seen = {
        found.ok().label: call_at_random(found.ok(), mode, stage, who)
        for found in schema.get_all_operations()
        if isinstance(found, Ok)
    }
    assert sum(map(len, seen.values())) > len(seen) >= 10
    if who == "the owner" and mode is GenerationMode.POSITIVE:
        away = {label for label, statuses in seen.items() if not met(statuses)}
        assert away == OUT_OF_REACH.keys() & seen.keys()


def met(statuses: list[int]) -> bool:
    """Return whether a call came through to what it was about."""
    return not TURNED_AWAY.issuperset(statuses)


def call_at_random(
    operation: Any, mode: GenerationMode, stage: Stage, who: str
) -> list[int]:
    """Send some requests, the same every time; return how they were answered."""
    statuses: list[int] = []

    @effort(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def call(case: schemathesis.Case[Any]) -> None:
        statuses.append(stage.send(case, who, len(statuses)))

    with suppress(Unsatisfiable):  # nothing about it can be wrong
        call()
    return statuses
