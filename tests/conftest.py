"""Real servers before anything imports the settings."""

from __future__ import annotations

import os

import django
from django.conf import settings

from tests.embedded import start_servers
from tests.fakes.oauth_server import provider_addresses

# While this file is imported, not in a hook: conftest files further down import models.
start_servers()
# allauth reads where the providers are while it is imported, and never again.
for _provider, _addresses in provider_addresses().items():
    settings.SOCIALACCOUNT_PROVIDERS[_provider].update(_addresses)
django.setup()

# These read the settings.
import pytest  # noqa: E402
from redis import Redis  # noqa: E402

from apps.accounts.services.usage import recorder  # noqa: E402


def pytest_configure(config: pytest.Config) -> None:
    """Keep the settings' name from workers that are about to be started.

    They would read the settings before this file, with the Valkey of this process.
    """
    if getattr(config.option, "numprocesses", None):
        os.environ.pop("DJANGO_SETTINGS_MODULE", None)


@pytest.fixture(autouse=True)
def _open_gate() -> None:
    """Have nobody's calls counted or waiting, whatever the test before has called."""
    Redis.from_url(settings.GATE_URL).flushdb()
    recorder._rows.clear()
