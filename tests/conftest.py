"""Real servers before anything imports the settings."""

from __future__ import annotations

import django

from tests.embedded import start_servers

# While this file is imported, not in a hook: conftest files further down import models.
start_servers()
django.setup()
