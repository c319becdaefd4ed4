from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from apps.benchmarks.domain.specs import Verdict
from apps.benchmarks.gateways.sandbox import (
    SandboxStartError,
    UnavailableSandbox,
    detect_sandbox,
    open_tier,
)
from apps.benchmarks.gateways.sandbox.tiers import NamespaceTier, remove_orphans
from apps.benchmarks.pipelines.grading import grade_answer, grade_code_sync
from tests.grading.cast import CALLS, PROGRAM, total_task

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

    from apps.benchmarks.gateways.sandbox import Sandbox

HONEST = "def total(values):\n    return sum(values)"


def test_a_jail_that_does_not_start_leaves_the_answer_unscored(
    namespaces: Sandbox,
) -> None:
    assert isinstance(namespaces, NamespaceTier)
    broken = replace(namespaces, program="/bin/false")

    outcome = grade_code_sync(total_task(CALLS), HONEST, sandbox=broken)

    assert outcome.verdict is Verdict.UNSCORED
    assert outcome.reason.startswith("the jail did not start")


def failing_first(count: int, folder: Path, program: str) -> str:
    """Return a bubblewrap that fails `count` times before it works."""
    script = folder / "bwrap"
    log = folder / "starts"
    script.write_text(
        f"#!/bin/sh\necho x >> {log}\n"
        f'[ "$(wc -l < {log})" -gt {count} ] || {{ echo no space >&2; exit 1; }}\n'
        f'exec {program} "$@"\n'
    )
    script.chmod(0o755)
    log.touch()
    log.chmod(0o666)
    return str(script)


@pytest.fixture
def open_folder() -> Path:
    """A folder that the jail's user may reach, as pytest's own may not be."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    return folder


@pytest.mark.parametrize(
    ("failures", "verdict", "starts"),
    [(2, Verdict.PASS, 3), (3, Verdict.UNSCORED, 3)],
)
def test_a_start_is_tried_three_times(
    failures: int, verdict: Verdict, starts: int, namespaces: Sandbox, open_folder: Path
) -> None:
    assert isinstance(namespaces, NamespaceTier)
    script = failing_first(failures, open_folder, namespaces.program)

    outcome = grade_code_sync(
        total_task(CALLS), HONEST, sandbox=replace(namespaces, program=script)
    )

    assert outcome.verdict is verdict, outcome
    assert len((open_folder / "starts").read_text().split()) == starts


def test_without_a_tier_nothing_is_run(settings: Settings) -> None:
    settings.SANDBOX_TIER = "none"
    sandbox = detect_sandbox()

    outcome = grade_code_sync(total_task(PROGRAM), HONEST, sandbox=sandbox)

    assert isinstance(sandbox, UnavailableSandbox)
    assert (outcome.verdict, outcome.sandbox_tier) == (Verdict.UNSCORED, "")
    assert "switched off" in outcome.reason


@pytest.mark.parametrize("tier", ["A", "B"])
def test_a_tier_can_be_forced(tier: str, settings: Settings) -> None:
    settings.SANDBOX_TIER = tier
    sandbox = detect_sandbox()

    assert sandbox.tier == tier or tier in sandbox.reason
    assert detect_sandbox() is sandbox


def test_an_unknown_tier_is_no_tier(settings: Settings) -> None:
    settings.SANDBOX_TIER = "C"

    assert detect_sandbox().reason == "tier C: there is no tier 'C'"
    with pytest.raises(SandboxStartError):
        open_tier("C")


async def test_answers_are_graded_side_by_side_without_holding_the_loop(
    sandbox: Sandbox,
) -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.005)
            ticks += 1

    ticking = asyncio.create_task(tick())
    answers = [HONEST, "def total(values):\n    return 0"] * 4
    spec = total_task(CALLS)
    outcomes = await asyncio.gather(
        *(grade_answer(spec, answer, sandbox=sandbox) for answer in answers)
    )
    ticking.cancel()

    assert [o.verdict for o in outcomes] == [Verdict.PASS, Verdict.FAIL] * 4
    assert ticks > 5


SERVICE = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
from apps.benchmarks.domain.values_raw import write_value
from apps.benchmarks.gateways.sandbox import Limits, open_tier
jail = open_tier(sys.argv[1]).open("candidate", Limits())
jail.greet()
jail.send(b"L", write_value(("", "while True: pass", "f")))
print("up", flush=True)
jail.receive(60)
"""


def test_a_killed_service_takes_its_jails_along(sandbox: Sandbox) -> None:
    command = [sys.executable, "-c", SERVICE, sandbox.tier]
    service = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path.cwd())
    assert service.stdout is not None
    assert service.stdout.readline() == b"up\n"
    before = descendants(service.pid)

    service.kill()
    service.wait()
    service.stdout.close()

    deadline = time.monotonic() + 5
    while any(map(is_running, before)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert before
    assert not any(map(is_running, before))
    remove_orphans()
    assert not list(Path(tempfile.gettempdir()).glob(f"assay-jail-{service.pid}-*"))


def descendants(pid: int) -> set[int]:
    found: set[int] = set()
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found |= {child, *descendants(child)}
    return found


def is_running(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"
