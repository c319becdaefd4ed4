"""Bounds that hold for all of a jail together, not for one process or file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from apps.benchmarks.domain.specs import CallsCheck, Step, Verdict
from apps.benchmarks.gateways.sandbox import JailEndedError, Limits
from apps.benchmarks.gateways.sandbox.client import Candidate
from apps.benchmarks.pipelines.grading import grade_code_sync
from tests.grading.cast import function_task, program_task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apps.benchmarks.domain.specs import GradeOutcome
    from apps.benchmarks.gateways.sandbox import Sandbox

BURN = """
import mmap, os, signal, time

def burn(seconds):
    while time.process_time() < seconds:
        pass

def in_children(number, work, *values):
    for _ in range(number):
        if os.fork() == 0:
            work(*values)
            os._exit(0)
"""
CHILDREN = {
    "that run side by side": "in_children(8, burn, 0.4)\ntime.sleep(30)",
    "that are waited for": (
        "for _ in range(8):\n    in_children(1, burn, 0.4)\n    os.wait()\n"
        "time.sleep(30)"
    ),
    "that nobody waits for": (
        "signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
        "for _ in range(8):\n    in_children(1, burn, 0.4)\n    time.sleep(0.5)\n"
        "time.sleep(30)"
    ),
    "of children": "in_children(1, in_children, 8, burn, 0.4)\ntime.sleep(30)",
}


def answer(body: str) -> str:
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    return f"{BURN}\ndef go():\n{lines}    return 'done'\n"


def ended(sandbox: Sandbox, limits: Limits, body: str, *, seconds: float = 20) -> str:
    """Return the reason for which a jail that does `body` is ended."""
    with sandbox.open("candidate", limits) as jail:
        candidate = Candidate(jail, seconds)
        entry = candidate.load("", answer(body), "go")
        with pytest.raises(JailEndedError) as end:
            candidate.call(entry, (), {})
    return end.value.reason


def grade(sandbox: Sandbox, body: str) -> GradeOutcome:
    spec = function_task(CallsCheck((Step(expected="done"),)), "go")
    return grade_code_sync(spec, answer(body), sandbox=sandbox)


@pytest.mark.parametrize("body", CHILDREN.values(), ids=CHILDREN)
def test_children_share_the_processor_time(body: str, namespaces: Sandbox) -> None:
    reason = ended(namespaces, Limits(cpu_seconds=2), body)
    assert reason == "it ran out of processor time"


@pytest.fixture
def one_core() -> Iterator[None]:
    mine = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(mine)})
    yield
    os.sched_setaffinity(0, mine)


@pytest.mark.usefixtures("one_core")
def test_who_keeps_itself_from_running_is_not_excused(namespaces: Sandbox) -> None:
    body = "in_children(8, burn, 9)\nburn(9)"
    reason = ended(namespaces, Limits(cpu_seconds=6), body, seconds=0.5)
    assert reason == "it ran out of time"


HOARD = """
def hoard():
    hold = mmap.mmap(-1, 200 << 20)
    for at in range(0, len(hold), 4096):
        hold[at] = 1
    hold.madvise(mmap.MADV_DONTNEED)
    os.write(ready, b'.')
    time.sleep(30)
wait, ready = os.pipe()
for _ in range(8):
    in_children(1, hoard)
    os.read(wait, 1)
"""


def test_shared_pages_that_no_process_shows_are_bounded(namespaces: Sandbox) -> None:
    reason = ended(namespaces, Limits(memory_mb=256), HOARD.strip())
    assert reason == "it ran out of memory"


UNLINKED = {
    "and kept open": "",
    "and kept mapped": "kept[-1] = mmap.mmap(f.fileno(), 8 << 20)\nf.close()",
}


@pytest.mark.parametrize("keep", UNLINKED.values(), ids=UNLINKED)
def test_files_that_were_unlinked_are_still_counted(
    keep: str, landlock: Sandbox
) -> None:
    make = (
        "f = open('x', 'w+b')\nf.write(b'x' * (8 << 20))\nf.flush()\nos.unlink('x')\n"
        f"kept.append(f)\n{keep}"
    ).replace("\n", "\n    ")
    body = f"kept = []\nfor _ in range(6):\n    {make}\ntime.sleep(30)"
    assert ended(landlock, Limits(), body) == "it wrote more than the disk limit"


REFUSED = {
    "memory in a file": "os.memfd_create('x')",
    "memory in a file by hand": (
        "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "if libc.memfd_create(b'x', 0) < 0:\n    raise PermissionError"
    ),
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
def test_memory_outside_every_process_is_refused(body: str, sandbox: Sandbox) -> None:
    outcome = grade(sandbox, body)
    assert "it raised PermissionError" in outcome.reason


def test_files_cannot_be_parked_in_a_socket(landlock: Sandbox) -> None:
    body = "import socket\na, b = socket.socketpair()\na.sendmsg([b'x'])"
    assert "it raised PermissionError" in grade(landlock, body).reason


def test_space_beyond_a_files_end_cannot_be_reserved(landlock: Sandbox) -> None:
    body = (
        "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "with open('x', 'wb') as f:\n"
        "    got = libc.fallocate(f.fileno(), 1, ctypes.c_long(0),"
        " ctypes.c_long(1 << 26))\n"
        "    raise OSError(got, os.fstat(f.fileno()).st_blocks)"
    )
    assert "it raised OSError: -1" in grade(landlock, body).reason


HONEST = {
    "a temporary file": (
        "import tempfile\nwith tempfile.TemporaryFile() as f:\n    f.write(b'x')"
    ),
    "a function that C calls": (
        "import ctypes\nkind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)\n"
        "assert kind(lambda n: n + 1)(1) == 2"
    ),
    "a pair of sockets": (
        "import socket\na, b = socket.socketpair()\na.send(b'x')\nassert b.recv(1)"
    ),
    "an event loop": "import asyncio\nasyncio.run(asyncio.sleep(0))",
    "a reserved file": (
        "with open('x', 'wb') as f:\n    os.posix_fallocate(f.fileno(), 0, 4096)"
    ),
}


@pytest.mark.parametrize("body", HONEST.values(), ids=HONEST)
def test_honest_uses_of_the_same_calls_still_pass(body: str, sandbox: Sandbox) -> None:
    outcome = grade(sandbox, body)
    assert outcome.verdict is Verdict.PASS, outcome


def test_a_pool_of_processes_passes(namespaces: Sandbox) -> None:
    body = (
        "import multiprocessing\nwith multiprocessing.Pool(4) as pool:\n"
        "    assert pool.map(abs, range(-9, 0)) == list(range(9, 0, -1))"
    )
    outcome = grade(namespaces, body)
    assert outcome.verdict is Verdict.PASS, outcome


def test_standard_input_can_be_read_and_not_written(sandbox: Sandbox) -> None:
    code = (
        "import os, sys\ntry:\n    os.write(0, b'x')\nexcept OSError:\n"
        "    print(sys.stdin.read(), os.listdir('.'))"
    )
    spec = program_task(("a\nb", "a\nb []\n"))
    assert grade_code_sync(spec, code, sandbox=sandbox).verdict is Verdict.PASS
