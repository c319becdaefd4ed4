from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from apps.benchmarks.domain.specs import Verdict
from apps.benchmarks.pipelines.grading import grade_code_sync
from tests.grading import attacks
from tests.grading.cast import CALLS, PROGRAM, total_task

if TYPE_CHECKING:
    from apps.benchmarks.gateways.sandbox import Sandbox

SECONDS = 0.5  # none of them gets anywhere, however long it is given


@pytest.mark.parametrize("name", attacks.ALL)
def test_an_attack_does_not_pass_when_its_calls_are_compared(
    name: str, sandbox: Sandbox
) -> None:
    spec = total_task(CALLS, seconds=SECONDS)

    outcome = grade_code_sync(spec, attacks.ALL[name], sandbox=sandbox)

    assert outcome.verdict is Verdict.FAIL, outcome
    assert outcome.reason


@pytest.mark.parametrize("name", attacks.INSTANT)
def test_an_attack_does_not_pass_a_foreign_test_program(
    name: str, namespaces: Sandbox
) -> None:
    spec = total_task(PROGRAM, seconds=SECONDS)

    outcome = grade_code_sync(spec, attacks.ALL[name], sandbox=namespaces)

    assert outcome.verdict is Verdict.FAIL, outcome
    assert outcome.reason


@pytest.mark.parametrize("name", [*attacks.OBJECTS, *attacks.TAKEOVERS])
def test_nor_does_one_that_works_by_its_values_in_tier_b(
    name: str, landlock: Sandbox
) -> None:
    spec = total_task(PROGRAM, seconds=SECONDS)

    outcome = grade_code_sync(spec, attacks.ALL[name], sandbox=landlock)

    assert outcome.verdict is Verdict.FAIL, outcome
