"""Providers for tests that need the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from apps.catalog.models import Provider
from tests.accounts.cast import Cast, make_cast
from tests.fakes.llm_server import FakeLLM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django.fixtures import Settings


@pytest.fixture
def server() -> Iterator[FakeLLM]:
    with FakeLLM() as running:
        yield running


@pytest.fixture
def fake(server: FakeLLM, db: None, settings: Settings) -> Provider:
    settings.FAKE_API_KEY = "key-1"
    return Provider.objects.create(
        name="fake",
        display_name="Fake",
        gateway="openai_compatible",
        base_url=server.base_url,
        key_variable="FAKE_API_KEY",
    )


@pytest.fixture
def cast(db: None) -> Cast:
    """The owner, the admin, the teammate, the viewer, the stranger."""
    return make_cast()
