#!/usr/bin/env python3
"""The command line of the whole service."""

from __future__ import annotations

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from apps.core.errors import UnavailableError
from apps.core.servers.layout import Layout
from apps.core.servers.lease import hold_servers, needs_servers


def main() -> None:
    """Run the command named on the command line, on embedded servers unless told."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if needs_servers(sys.argv):
        # Before the settings load, which read the addresses.
        try:
            hold_servers(Layout.from_environment(), os.environ)
        except UnavailableError as error:
            sys.exit(f"manage.py: {error}")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    try:
        main()
    except ImproperlyConfigured as error:
        sys.stderr.write(f"manage.py: {error}\n")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
