from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from apps.benchmarks.domain.specs import Verdict
from apps.benchmarks.pipelines.grading import grade_code_sync
from tests.grading import honest
from tests.grading.cast import CALLS, PROGRAM, total_task

if TYPE_CHECKING:
    from apps.benchmarks.domain.specs import Check
    from apps.benchmarks.gateways.sandbox import Sandbox

CHECKS = {"calls": CALLS, "program": PROGRAM}


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
@pytest.mark.parametrize("name", honest.BOTH_TIERS)
def test_an_odd_but_right_answer_passes(
    name: str, check: Check, sandbox: Sandbox
) -> None:
    code = honest.BOTH_TIERS[name]

    outcome = grade_code_sync(total_task(check), code, sandbox=sandbox)

    assert outcome.verdict is Verdict.PASS, outcome
    assert outcome.sandbox_tier == sandbox.tier


@pytest.mark.parametrize("name", honest.WITH_PROCESSES)
def test_a_right_answer_may_start_processes_in_tier_a(
    name: str, namespaces: Sandbox
) -> None:
    code = honest.WITH_PROCESSES[name]

    outcome = grade_code_sync(total_task(CALLS), code, sandbox=namespaces)

    assert outcome.verdict is Verdict.PASS, outcome


@pytest.mark.parametrize("name", honest.WITH_PROCESSES)
def test_an_answer_cannot_start_processes_in_tier_b(
    name: str, landlock: Sandbox
) -> None:
    code = honest.WITH_PROCESSES[name]

    outcome = grade_code_sync(total_task(CALLS), code, sandbox=landlock)

    assert outcome.verdict is Verdict.FAIL, outcome
