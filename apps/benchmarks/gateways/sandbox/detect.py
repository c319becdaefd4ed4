"""Which tier works on this machine: found out by trying, not by assuming."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from django.conf import settings

from apps.benchmarks.domain.values_raw import read_value, write_value
from apps.benchmarks.gateways.sandbox.base import (
    JailEndedError,
    Limits,
    SandboxStartError,
    UnavailableSandbox,
)
from apps.benchmarks.gateways.sandbox.interpreter import find_interpreter
from apps.benchmarks.gateways.sandbox.tiers import make_tier

if TYPE_CHECKING:
    from apps.benchmarks.gateways.sandbox.base import Sandbox

_ANSWER_SECONDS: Final = 10.0
_BELIEVED_SECONDS: Final = 60.0

# Fails unless files, the network and other processes are out of reach.
_TRIAL: Final = """
import os, socket
def try_out():
    found = []
    for path in ("/etc/passwd", "/root", "/home", "/proc/1/environ"):
        try:
            os.close(os.open(path, os.O_RDONLY))
            found.append(path)
        except OSError:
            pass
    try:
        socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        found.append("network")
    except OSError:
        pass
    try:
        os.kill(os.getppid(), 0)
        if os.getppid() > 2:
            found.append("processes")
    except OSError:
        pass
    return found
"""


def detect_sandbox() -> Sandbox:
    """Return the best tier that works here, found once per process.

    Setting `SANDBOX_TIER` ("A", "B" or "none") forces one; where it does not work,
    the sandbox is unavailable, never a lesser one. That nothing works is believed
    for a minute only: the machine may have been too busy for the trial.
    """
    forced = str(getattr(settings, "SANDBOX_TIER", "") or "")
    found = _found.get(forced)
    if found is None or (not found[0].tier and time.monotonic() > found[1]):
        found = _detect(forced), time.monotonic() + _BELIEVED_SECONDS
        _found[forced] = found
    return found[0]


_found: dict[str, tuple[Sandbox, float]] = {}  # by what was forced, and until when


def _detect(forced: str) -> Sandbox:
    if forced == "none":
        return UnavailableSandbox("the sandbox is switched off by ASSAY_SANDBOX_TIER")
    reasons = []
    for name in (forced,) if forced else ("A", "B"):
        try:
            return open_tier(name)
        except SandboxStartError as error:
            reasons.append(f"tier {name}: {error}")
    return UnavailableSandbox("; ".join(reasons))


def open_tier(name: str) -> Sandbox:
    """Return tier "A" or "B" after a jail of it has proved to hold.

    Raises:
        SandboxStartError: it does not work here, or does not hold.
    """
    if name not in {"A", "B"}:
        raise SandboxStartError(f"there is no tier {name!r}")
    sandbox: Sandbox = make_tier(name, find_interpreter())
    with sandbox.open("candidate", Limits()) as jail:
        try:
            jail.send(b"L", write_value(("", _TRIAL, "try_out")))
            jail.receive(_ANSWER_SECONDS)
            jail.send(b"C", write_value((0, (), {})))
            reply = jail.receive(_ANSWER_SECONDS)
        except JailEndedError as error:
            raise SandboxStartError(f"the trial run failed: {error}") from error
    if reply[:1] != b"R" or read_value(reply[1:]) != []:
        raise SandboxStartError(f"it does not hold: {reply[1:200]!r}")
    return sandbox
