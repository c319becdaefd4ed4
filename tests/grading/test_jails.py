from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from apps.benchmarks.domain.specs import CallsCheck, Step, Verdict
from apps.benchmarks.pipelines.grading import grade_code_sync
from tests.grading.attacks import RESOURCES
from tests.grading.cast import CALLS, function_task, total_task

if TYPE_CHECKING:
    from apps.benchmarks.gateways.sandbox import Sandbox


def jailed_processes() -> set[int]:
    """Return the processes under this one, at any depth."""
    found, waiting = set(), [os.getpid()]
    while waiting:
        for task in Path(f"/proc/{waiting.pop()}/task").glob("*/children"):
            children = [int(child) for child in task.read_text().split()]
            found.update(children)
            waiting.extend(children)
    return found


def folders() -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob(f"assay-jail-{os.getpid()}-*"))


@pytest.mark.parametrize(
    "name",
    [
        "forks without end",
        "leaves a daemon",
        "stops itself",
        "fills the disk",
        "sleeps",
        "starts threads without end",
    ],
)
def test_nothing_of_an_attack_is_left_behind(name: str, sandbox: Sandbox) -> None:
    processes, files = jailed_processes(), folders()

    grade_code_sync(total_task(CALLS, seconds=0.3), RESOURCES[name], sandbox=sandbox)

    assert jailed_processes() == processes
    assert folders() == files


REASONS = {
    "loops for ever": ("in call 1 of 4: it ran out of time",) * 2,
    "sleeps": ("in call 1 of 4: it ran out of time",) * 2,
    "allocates without end": ("in call 1 of 4: it raised MemoryError",) * 2,
    "allocates in many processes": (
        "in call 1 of 4: it ran out of memory",
        "in call 1 of 4: it raised PermissionError: 1",
    ),
    "starts threads without end": (
        'in call 1 of 4: it raised RuntimeError: "can\'t start new thread"',
        "in call 1 of 4: it started too many processes or threads",
    ),
    "talks to the network": ("in call 1 of 4: it raised PermissionError: 1",) * 2,
    "executes a shell": (
        "in call 1 of 4: it raised FileNotFoundError: 2",
        "in call 1 of 4: it raised PermissionError: 1",
    ),
    "returns too much": (
        "in call 1 of 4: it raised ValueError: 'the value is too large'",
    )
    * 2,
}


@pytest.mark.parametrize("name", REASONS)
def test_a_reason_tells_which_bound_was_met(name: str, sandbox: Sandbox) -> None:
    spec = replace(total_task(CALLS, seconds=1.0), memory_limit_mb=256)

    outcome = grade_code_sync(spec, RESOURCES[name], sandbox=sandbox)

    assert outcome.verdict is Verdict.FAIL
    assert outcome.reason == REASONS[name][sandbox.tier == "B"]


def test_a_crash_is_named_by_its_signal(sandbox: Sandbox) -> None:
    code = "import ctypes\ndef total(values):\n    ctypes.string_at(0)"

    outcome = grade_code_sync(total_task(CALLS), code, sandbox=sandbox)

    assert outcome.reason == "in call 1 of 4: it died: SIGSEGV"


LOOK = """
import os, sys
def look():
    unreadable = []
    for path in ("/etc/passwd", "/root", "/home", "/proc/self/environ", "/tmp/.."):
        try:
            os.listdir(path) if os.path.isdir(path) else open(path).read()
        except OSError:
            unreadable.append(path)
    paths = [path for path in sys.path if not path.startswith("/usr/lib/python")]
    return dict(os.environ), os.getuid() == 0, os.listdir("."), paths, unreadable[:4]
"""


def test_the_jail_has_no_environment_files_or_privileges(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSAY_TEST_NAME", "value")
    out_of_reach = ["/etc/passwd", "/root", "/home", "/proc/self/environ"]
    expected: tuple[object, ...] = ({}, False, [], [], out_of_reach)
    spec = function_task(CallsCheck((Step(expected=expected),)), "look")

    outcome = grade_code_sync(spec, LOOK, sandbox=sandbox)

    assert outcome.verdict is Verdict.PASS, outcome


BURN = """
import time
def burn():
    while time.process_time() < 0.3:
        pass
    return "done"
"""


def test_time_without_a_processor_does_not_count(namespaces: Sandbox) -> None:
    spec = function_task(CallsCheck((Step(expected="done"),)), "burn", seconds=0.5)
    mine = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(mine)})
    busy = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(4)
    ]
    try:
        outcome = grade_code_sync(spec, BURN, sandbox=namespaces)
    finally:
        os.sched_setaffinity(0, mine)
        for process in busy:
            process.kill()
            process.wait()

    assert outcome.verdict is Verdict.PASS, outcome
    assert outcome.milliseconds > 500
