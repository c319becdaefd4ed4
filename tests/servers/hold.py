"""Lease the embedded servers until standard input closes."""

from __future__ import annotations

import os
import sys

from apps.core.servers.layout import Layout
from apps.core.servers.lease import hold_servers

if __name__ == "__main__":
    hold_servers(Layout.from_environment(), os.environ)
    sys.stdout.write(f"{os.environ['DATABASE_URL']} {os.environ['REDIS_URL']}\n")
    sys.stdout.flush()
    sys.stdin.read()
