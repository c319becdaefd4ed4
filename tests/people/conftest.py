from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.cache import cache

from tests.people.acting import Visitor

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings


@pytest.fixture(autouse=True)
def quick(settings: Settings) -> None:
    """No counts of earlier tests, no pauses, and passwords that hash at once."""
    settings.EVEN_ANSWER_SECONDS = 0
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    cache.clear()


@pytest.fixture
def visitor(db: None) -> Visitor:
    """Somebody with a browser."""
    return Visitor()
