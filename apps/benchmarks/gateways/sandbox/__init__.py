"""The sandbox: jails for answers and for foreign test programs."""

from __future__ import annotations

from apps.benchmarks.gateways.sandbox.base import (
    JailEndedError,
    Limits,
    Sandbox,
    SandboxStartError,
    UnavailableSandbox,
)
from apps.benchmarks.gateways.sandbox.detect import detect_sandbox, open_tier
from apps.benchmarks.gateways.sandbox.process import Jail

__all__ = [
    "Jail",
    "JailEndedError",
    "Limits",
    "Sandbox",
    "SandboxStartError",
    "UnavailableSandbox",
    "detect_sandbox",
    "open_tier",
]
