from __future__ import annotations

import pytest

from tests.accounts.cast import Cast, make_cast


@pytest.fixture
def cast(db: None) -> Cast:
    """The owner, the admin, the teammate, the viewer, the stranger."""
    return make_cast()
