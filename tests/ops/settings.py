"""The product's settings with one application more."""

from __future__ import annotations

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS

ROOT_URLCONF = "tests.ops.probe.urls"
INSTALLED_APPS = [*INSTALLED_APPS, "tests.ops.probe"]
