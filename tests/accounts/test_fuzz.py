"""Both APIs, called at random from their own descriptions: no crash, no surprise."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
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

from tests.accounts.keys import bearer, give_tier, lift_limits, new_key
from tests.web import cast as benches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.accounts.cast import Cast

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(600)]
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
EXAMPLES = 2
DESCRIPTIONS = ("/api/v1/openapi.json", "/api/account/openapi.json")


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """Keep the test's transaction, as Django's own client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def senders(cast: Cast) -> dict[str, dict[str, str]]:
    lift_limits()
    benches.make_graded_run()
    give_tier(cast.workspace.id, "enterprise")
    return {"a visitor": {}, "a key": bearer(new_key(cast).secret)}


@pytest.mark.parametrize("who", ["a visitor", "a key"])
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("description", DESCRIPTIONS)
def test_no_call_crashes_or_leaves_the_description(
    senders: dict[str, dict[str, str]],
    description: str,
    mode: GenerationMode,
    who: str,
) -> None:
    schema = schemathesis.openapi.from_wsgi(description, WSGIHandler())
    called = [
        call_at_random(found.ok(), mode, senders[who])
        for found in schema.get_all_operations()
        if isinstance(found, Ok)
    ]
    assert sum(called) > len(called) >= 10


def call_at_random(
    operation: Any, mode: GenerationMode, headers: dict[str, str]
) -> int:
    """Send a few requests, the same every time; return how many."""
    called = 0

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
        nonlocal called
        called += 1
        response = case.call(headers=headers)
        case.validate_response(response, checks=list(CHECKS))

    with suppress(Unsatisfiable):  # nothing about it can be wrong
        call()
    return called
