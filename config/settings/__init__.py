"""The one settings module: development, tests and production read the same file.

What differs between installations comes from the environment: see
`docs/reference/settings.md`.
"""

from __future__ import annotations

from config.settings.accounts import *  # noqa: F403
from config.settings.base import *  # noqa: F403
from config.settings.billing import *  # noqa: F403
from config.settings.celery import *  # noqa: F403
from config.settings.interfaces import *  # noqa: F403
from config.settings.logging import *  # noqa: F403
from config.settings.mail import *  # noqa: F403
from config.settings.paths import *  # noqa: F403
from config.settings.product import *  # noqa: F403
from config.settings.security import *  # noqa: F403
from config.settings.supervisor import *  # noqa: F403
