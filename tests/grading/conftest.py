from __future__ import annotations

import pytest

from apps.benchmarks.gateways.sandbox import Sandbox, SandboxStartError, open_tier


def _tier(name: str) -> Sandbox:
    try:
        return open_tier(name)
    except SandboxStartError as error:
        pytest.skip(f"tier {name} does not work on this machine: {error}")


@pytest.fixture(scope="session", params=["A", "B"])
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    """Each tier in turn."""
    return _tier(str(request.param))


@pytest.fixture(scope="session")
def namespaces() -> Sandbox:
    """Tier A."""
    return _tier("A")


@pytest.fixture(scope="session")
def landlock() -> Sandbox:
    """Tier B."""
    return _tier("B")
